### 한국어. `.class = c`는 받침으로 끝나는 명사, none은 모음으로 끝나는 명사.
### `-then`은 뒤에 절이 이어질 때의 형태.

## 명사

noun-subject = { $noun }
noun-with = { $noun }
noun-by = { $noun }
noun-open = { $noun }
noun-to = { $noun }
noun-the = { $noun }
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $count ->
    [many] { $a }, { $b }
   *[two] { $a }{ $class ->
        [c] 과
       *[none] 와
    } { $b }
}
list-or = { $a }{ $class ->
    [c] 과
   *[none] 와
} { $b }

## 형용사. 값은 관형형, `-and`는 뒤에 형용사가 이어지는 형태.

qualities-more = { $a } { $b }
qualities-attributive = { $a } { $b }
qualities-be = { $a } { $b }
qualities-open = { $a } { $b }
qualities-become = { $a } { $b }

## 전체

piece = 곡
song = 노래
instrumental = 연주곡
piece-for = { $noun } 곡
piece-solo = 무반주 { $noun } 곡
whole = { $piece }
whole-qualities = { $qualities } { $piece }
whole-with = { $sounds }{ $last ->
    [c] 을
   *[none] 를
} 곁들인 { $whole }
whole-solo = { $sounds }만 나오는 { $whole }
absent = { $clause }. { $sounds }{ $last ->
    [c] 은
   *[none] 는
} 없다
silent = 거의 무음인 녹음
only = 음악 없이 { $sounds }만 들린다
opens-as = 도입부는 { $whole }이다
music-opens-as = { $time }에 음악이 시작되고, 도입부는 { $whole }이다
joined-by = { $whole }에 { $time }부터 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 더해진다
at-times = 때때로 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들린다
measured-tempo = 템포는 분당 약 { $bpm }박이다
measured-key = 조성은 { $key }이다
measured-both = 템포는 분당 약 { $bpm }박이고 조성은 { $key }이다
key-major = { $tonic ->
    [C] 다
    [Db] 내림라
    [D] 라
    [Eb] 내림마
    [E] 마
    [F] 바
    [Fs] 올림바
    [G] 사
    [Ab] 내림가
    [A] 가
    [Bb] 내림나
   *[B] 나
}장조
key-minor = { $tonic ->
    [C] 다
    [Db] 올림다
    [D] 라
    [Eb] 내림마
    [E] 마
    [F] 바
    [Fs] 올림바
    [G] 사
    [Ab] 올림사
    [A] 가
    [Bb] 내림나
   *[B] 나
}단조
recording-live = 라이브 녹음이다
recording-poor = 음질이 좋지 않다
recording-lo-fi = 로파이 음질이다
recording-vinyl = 오래된 음반처럼 지직거리는 소리가 난다
recording-tape = 테이프 잡음이 들린다
recording-hum = 낮은 험 잡음이 들린다
recording-phone = 전화기로 녹음한 듯한 소리다
recording-overloaded = 녹음 소리가 찌그러져 들린다

## 짧은 구간의 설명: 주선율과 반주.

lead = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} { $alone ->
    [no] {""}
   *[yes] { $verb ->
        [sing] 무반주로{" "}
       *[play] 단독으로{" "}
    }
}{ $object } { $verb ->
    [sing] 노래한다
   *[play] 연주한다
}
object-melody = { $qualities ->
    [none] 선율을
   *[other] { $qualities } 선율을
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] { $qualities } { $figure }
}{ $class ->
    [c] 을
   *[none] 를
}
lead-over = { $manner } 위로 { $lead }
lead-with = { $sounds } 반주에 맞춰 { $lead }
lead-without = { $lead }. { $sounds }{ $last ->
    [c] 은
   *[none] 는
} 없다
whole-led = { $lead }{ $lead-last ->
    [c] 을
   *[none] 를
} 앞세우고 { $sounds }{ $last ->
    [c] 을
   *[none] 를
} 곁들인 { $whole }
manner = { $noun }({ $manner })
manner-chords = 화음
    .quiet = 여린 화음
    .loud = 강한 화음
    .class = c
manner-sustained = 지속 화음
    .quiet = 여린 지속 화음
    .loud = 강한 지속 화음
    .class = c
manner-arpeggios = 아르페지오
    .quiet = 여린 아르페지오
    .loud = 강한 아르페지오
played-chords = { $loudness ->
    [quiet] 여린 { $noun } 화음
    [loud] 강한 { $noun } 화음
   *[none] { $noun } 화음
}
    .class = c
played-sustained = { $loudness ->
    [quiet] 여린 { $noun } 지속 화음
    [loud] 강한 { $noun } 지속 화음
   *[none] { $noun } 지속 화음
}
    .class = c
played-arpeggios = { $loudness ->
    [quiet] 여린 { $noun } 아르페지오
    [loud] 강한 { $noun } 아르페지오
   *[none] { $noun } 아르페지오
}

## 전개

open = 처음에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 나온다
open-then = 처음에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 나오고
open-qualities = { $kind ->
    [tempo] { $tempo ->
        [slow] 느린 템포
        [medium] 미디엄 템포
       *[fast] 빠른 템포
    }
   *[mood] { $qualities } 분위기
}로 시작하며, { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 나온다
open-also = 처음에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 나온다
at-first = 처음에는 { $kind ->
    [tempo] { $tempo ->
        [slow] 느린 템포
        [medium] 미디엄 템포
       *[fast] 빠른 템포
    }
   *[mood] { $qualities } 분위기
}다
at-first-also = 초반은 { $kind ->
    [tempo] { $tempo ->
        [slow] 느린 템포
        [medium] 미디엄 템포
       *[fast] 빠른 템포
    }
   *[mood] { $qualities } 분위기
}다
enter = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들어온다
enter-then = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들어오고
enter-also = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들어온다
enter-also-then = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들어오고
enter-two = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 더해진다
enter-two-then = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 더해지고
band-returns = { $time }에 밴드가 다시 나온다
band-returns-then = { $time }에 밴드가 다시 나오고
return = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 다시 나온다
return-then = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 다시 나오고
return-also = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 다시 나온다
return-also-then = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 다시 나오고
follow = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들린다
follow-then = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들리고
follow-also = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들린다
follow-also-then = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 들리고
drop = { $time }부터 { $sounds }만 남는다
drop-then = { $time }부터 { $sounds }만 남고
drop-also = { $sounds }만 남는다
drop-also-then = { $sounds }만 남고
change = { $time }부터 { $sounds }만 들린다
change-then = { $time }부터 { $sounds }만 들리고
change-also = { $sounds }만 들린다
change-also-then = { $sounds }만 들리고
end = { $time }부터 끝까지 { $sounds }만 들린다
end-then = { $time }부터 끝까지 { $sounds }만 들리고
end-also = 끝까지 { $sounds }만 들린다
end-also-then = 끝까지 { $sounds }만 들리고
replace = { $time }에 { $old } 대신 { $new }{ $new-last ->
    [c] 이
   *[none] 가
} 나온다
replace-then = { $time }에 { $old } 대신 { $new }{ $new-last ->
    [c] 이
   *[none] 가
} 나오고
replace-also = { $old } 대신 { $new }{ $new-last ->
    [c] 이
   *[none] 가
} 나온다
replace-also-then = { $old } 대신 { $new }{ $new-last ->
    [c] 이
   *[none] 가
} 나오고
stop = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 빠진다
stop-then = { $time }에 { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 빠지고
stop-also = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 빠진다
stop-also-then = { $sounds }{ $last ->
    [c] 이
   *[none] 가
} 빠지고
silence = { $time }에 음악이 멈춘다
silence-also = 음악이 멈춘다
turn = { $time }에 { $step ->
    [slower] { $kind ->
        [tempo] 템포가 느려진다
       *[mixed] 템포가 느려지고 { $moods } 분위기로 바뀐다
    }
    [faster] { $kind ->
        [tempo] 템포가 빨라진다
       *[mixed] 템포가 빨라지고 { $moods } 분위기로 바뀐다
    }
   *[none] 음악이 { $kind ->
        [tempo] { $tempo ->
            [slow] 느린 템포로
            [medium] 미디엄 템포로
           *[fast] 빠른 템포로
        }
       *[mood] { $qualities } 분위기로
    } 바뀐다
}
turn-then = { $time }에 { $step ->
    [slower] { $kind ->
        [tempo] 템포가 느려지고
       *[mixed] 템포가 느려지고 { $moods } 분위기로 바뀌고
    }
    [faster] { $kind ->
        [tempo] 템포가 빨라지고
       *[mixed] 템포가 빨라지고 { $moods } 분위기로 바뀌고
    }
   *[none] 음악이 { $kind ->
        [tempo] { $tempo ->
            [slow] 느린 템포로
            [medium] 미디엄 템포로
           *[fast] 빠른 템포로
        }
       *[mood] { $qualities } 분위기로
    } 바뀌고
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] 템포가 느려진다
       *[mixed] 템포가 느려지고 { $moods } 분위기로 바뀐다
    }
    [faster] { $kind ->
        [tempo] 템포가 빨라진다
       *[mixed] 템포가 빨라지고 { $moods } 분위기로 바뀐다
    }
   *[none] 음악이 { $kind ->
        [tempo] { $tempo ->
            [slow] 느린 템포로
            [medium] 미디엄 템포로
           *[fast] 빠른 템포로
        }
       *[mood] { $qualities } 분위기로
    } 바뀐다
}
turn-also-then = { $step ->
    [slower] { $kind ->
        [tempo] 템포가 느려지고
       *[mixed] 템포가 느려지고 { $moods } 분위기로 바뀌고
    }
    [faster] { $kind ->
        [tempo] 템포가 빨라지고
       *[mixed] 템포가 빨라지고 { $moods } 분위기로 바뀌고
    }
   *[none] 음악이 { $kind ->
        [tempo] { $tempo ->
            [slow] 느린 템포로
            [medium] 미디엄 템포로
           *[fast] 빠른 템포로
        }
       *[mood] { $qualities } 분위기로
    } 바뀌고
}
genre = { $time }에 장르가 { $genre } 쪽으로 바뀐다
genre-also = 장르가 { $genre } 쪽으로 바뀐다

## 문장

clauses = { $first }, { $second }
sentences = { $first }. { $second }
sentence = { $clause }.
outline = 구성: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = { $time }: “{ $text }” (원문)
alone = { $from }–{ $to }: { $text }
no-captions = 설명이 없다
only-repetition = 설명이 같은 말만 되풀이한다
contractions = {""}

## 제목

title-alone = { $sound } 단독
title-band = 밴드 전체
title-silence = 무음
title-music = 음악
title-qualities = { $title } ({ $qualities } 템포)


## 소리

sound-piano = 피아노
    .piece = 피아노곡
sound-electric-piano = 일렉트릭 피아노
sound-keyboard = 키보드
sound-harpsichord = 하프시코드
sound-celesta = 첼레스타
sound-music-box = 오르골
    .class = c
sound-mallets = 건반 타악기
sound-vibraphone = 비브라폰
    .class = c
sound-marimba = 마림바
sound-xylophone = 실로폰
    .class = c
sound-glockenspiel = 글로켄슈필
    .class = c
sound-chiming = 벨 계열 악기
sound-kalimba = 칼림바
sound-steelpan = 스틸팬
    .class = c
sound-bells = 벨
    .class = c
sound-tubular-bells = 튜블러 벨
    .class = c
sound-organ = 오르간
    .class = c
sound-church-organ = 파이프 오르간
    .class = c
sound-accordion = 아코디언
    .class = c
sound-harmonica = 하모니카
sound-acoustic-guitar = 어쿠스틱 기타
sound-electric-guitar = 일렉트릭 기타
sound-distorted-guitar = 디스토션 기타
sound-guitar = 기타
sound-bass = 베이스
sound-electric-bass = 일렉트릭 베이스
sound-synth-bass = 신스 베이스
sound-double-bass = 콘트라베이스
sound-violin = 바이올린
    .class = c
sound-viola = 비올라
sound-cello = 첼로
sound-strings = 현악기
sound-bowed = 찰현 악기
sound-pizzicato = 피치카토 현악기
sound-harp = 하프
sound-trumpet = 트럼펫
    .class = c
sound-muted-trumpet = 약음기를 낀 트럼펫
    .class = c
sound-trombone = 트롬본
    .class = c
sound-tuba = 튜바
sound-french-horn = 호른
    .class = c
sound-brass = 금관 악기
sound-saxophone = 색소폰
    .class = c
sound-clarinet = 클라리넷
    .class = c
sound-oboe = 오보에
sound-english-horn = 잉글리시 호른
    .class = c
sound-bassoon = 바순
    .class = c
sound-woodwind = 목관 악기
sound-wind = 관악기
sound-flute = 플루트
sound-piccolo = 피콜로
sound-recorder = 리코더
sound-pan-flute = 팬플루트
sound-bagpipes = 백파이프
sound-synth-lead = 신스 리드
sound-synth-pad = 신스 패드
sound-synth = 신시사이저
sound-plucked = 발현 악기
sound-banjo = 밴조
sound-mandolin = 만돌린
    .class = c
sound-sitar = 시타르
sound-koto = 고토
sound-shamisen = 샤미센
    .class = c
sound-oud = 우드
sound-lute = 류트
sound-zither = 치터
sound-ukulele = 우쿨렐레
sound-theremin = 테레민
    .class = c
sound-orchestra = 오케스트라
    .solo = 관현악곡
sound-turntables = 턴테이블
    .class = c
sound-others = 다른 악기
sound-drums = 드럼
    .class = c
sound-simple-drums = 단순한 드럼
    .class = c
sound-rock-drums = 록 드럼
    .class = c
sound-jazz-drums = 재즈 드럼
    .class = c
sound-funk-drums = 훵크 드럼
    .class = c
sound-electronic-beat = 전자 비트
sound-march-drums = 행진곡 드럼
    .class = c
sound-waltz-drums = 왈츠 드럼
    .class = c
sound-latin-percussion = 라틴 타악기
sound-hand-drums = 핸드 드럼
    .class = c
sound-percussion = 타악기
sound-timpani = 팀파니
sound-claps = 손뼉 소리
sound-voice = 보컬
    .class = c
sound-male-voice = 남성 보컬
    .class = c
sound-female-voice = 여성 보컬
    .class = c
sound-choir = 합창
    .class = c
sound-children = 아이들 목소리
sound-rap = 랩
    .class = c
sound-male-rap = 남성 랩
    .class = c
sound-female-rap = 여성 랩
    .class = c
sound-whistling = 휘파람
    .class = c
sound-speech = 말소리
sound-male-speech = 남성의 말소리
sound-female-speech = 여성의 말소리
sound-applause = 박수 소리
sound-noise = 잡음
    .class = c
sound-white-noise = 백색 잡음
    .class = c
sound-pink-noise = 핑크 노이즈
sound-rumble = 낮게 울리는 잡음
    .class = c
sound-tone = 전자음
    .class = c
sound-sound-effects = 효과음
    .class = c

## 성질

tempo-slow = 느린
    .attributive-and = 느리고
    .be-and = 느리고
    .become-and = 느리고
tempo-medium = 미디엄 템포의
    .title = 미디엄
tempo-fast = 빠른
    .attributive-and = 빠르고
    .be-and = 빠르고
    .become-and = 빠르고
loudness-quiet = 조용한
    .attributive-and = 조용하고
    .be-and = 조용하고
    .become-and = 조용하고
loudness-loud = 음량이 큰
    .attributive-and = 음량이 크고
    .be-and = 음량이 크고
    .become-and = 음량이 크고
mood-calm = 차분한
    .attributive-and = 차분하고
    .be-and = 차분하고
    .become-and = 차분하고
mood-gentle = 부드러운
    .attributive-and = 부드럽고
    .be-and = 부드럽고
    .become-and = 부드럽고
mood-dreamy = 꿈꾸는 듯한
    .attributive-and = 꿈꾸는 듯하고
    .be-and = 꿈꾸는 듯하고
    .become-and = 꿈꾸는 듯하고
mood-relaxed = 편안한
    .attributive-and = 편안하고
    .be-and = 편안하고
    .become-and = 편안하고
mood-reflective = 사색적인
    .attributive-and = 사색적이고
    .be-and = 사색적이고
    .become-and = 사색적이고
mood-lively = 경쾌한
    .attributive-and = 경쾌하고
    .be-and = 경쾌하고
    .become-and = 경쾌하고
mood-playful = 장난스러운
    .attributive-and = 장난스럽고
    .be-and = 장난스럽고
    .become-and = 장난스럽고
mood-groovy = 흥겨운
    .attributive-and = 흥겹고
    .be-and = 흥겹고
    .become-and = 흥겹고
mood-energetic = 활기찬
    .attributive-and = 활기차고
    .be-and = 활기차고
    .become-and = 활기차고
mood-powerful = 힘찬
    .attributive-and = 힘차고
    .be-and = 힘차고
    .become-and = 힘차고
mood-intense = 강렬한
    .attributive-and = 강렬하고
    .be-and = 강렬하고
    .become-and = 강렬하고
mood-aggressive = 공격적인
    .attributive-and = 공격적이고
    .be-and = 공격적이고
    .become-and = 공격적이고
mood-grand = 장엄한
    .attributive-and = 장엄하고
    .be-and = 장엄하고
    .become-and = 장엄하고
mood-solemn = 엄숙한
    .attributive-and = 엄숙하고
    .be-and = 엄숙하고
    .become-and = 엄숙하고
mood-dramatic = 극적인
    .attributive-and = 극적이고
    .be-and = 극적이고
    .become-and = 극적이고
mood-epic = 웅장한
    .attributive-and = 웅장하고
    .be-and = 웅장하고
    .become-and = 웅장하고
mood-bold = 당당한
    .attributive-and = 당당하고
    .be-and = 당당하고
    .become-and = 당당하고
mood-steady = 안정적인
    .attributive-and = 안정적이고
    .be-and = 안정적이고
    .become-and = 안정적이고
mood-light = 가벼운
    .attributive-and = 가볍고
    .be-and = 가볍고
    .become-and = 가볍고
mood-warm = 따뜻한
    .attributive-and = 따뜻하고
    .be-and = 따뜻하고
    .become-and = 따뜻하고
mood-happy = 밝은
    .attributive-and = 밝고
    .be-and = 밝고
    .become-and = 밝고
mood-sad = 슬픈
    .attributive-and = 슬프고
    .be-and = 슬프고
    .become-and = 슬프고
mood-emotional = 감성적인
    .attributive-and = 감성적이고
    .be-and = 감성적이고
    .become-and = 감성적이고
mood-nostalgic = 향수를 자아내는
    .attributive-and = 향수를 자아내고
    .be-and = 향수를 자아내고
    .become-and = 향수를 자아내고
mood-passionate = 열정적인
    .attributive-and = 열정적이고
    .be-and = 열정적이고
    .become-and = 열정적이고
mood-romantic = 낭만적인
    .attributive-and = 낭만적이고
    .be-and = 낭만적이고
    .become-and = 낭만적이고
mood-dark = 어두운
    .attributive-and = 어둡고
    .be-and = 어둡고
    .become-and = 어둡고
mood-scary = 으스스한
    .attributive-and = 으스스하고
    .be-and = 으스스하고
    .become-and = 으스스하고
mood-tense = 긴장감 있는
    .attributive-and = 긴장감 있고
    .be-and = 긴장감 있고
    .become-and = 긴장감 있고
mood-mysterious = 신비로운
    .attributive-and = 신비롭고
    .be-and = 신비롭고
    .become-and = 신비롭고
mood-ethereal = 몽환적인
    .attributive-and = 몽환적이고
    .be-and = 몽환적이고
    .become-and = 몽환적이고
mood-hypnotic = 최면을 거는 듯한
    .attributive-and = 최면을 거는 듯하고
    .be-and = 최면을 거는 듯하고
    .become-and = 최면을 거는 듯하고
mood-inspiring = 희망찬
    .attributive-and = 희망차고
    .be-and = 희망차고
    .become-and = 희망차고

## 장르

genre-orchestral = 관현악
    .piece = 관현악곡
genre-classical = 클래식
    .piece = 클래식 곡
genre-rock = 록
    .piece = 록 음악
genre-hard-rock = 하드 록
    .piece = 하드 록 음악
genre-metal = 메탈
    .piece = 메탈 음악
genre-pop = 팝
    .piece = 팝 음악
    .song = 팝송
genre-electropop = 일렉트로팝
    .piece = 일렉트로팝 곡
genre-electronic = 전자 음악
    .piece = 전자 음악
genre-jazz = 재즈
    .piece = 재즈 곡
genre-blues = 블루스
    .piece = 블루스 곡
genre-folk = 포크
    .piece = 포크 곡
genre-country = 컨트리
    .piece = 컨트리 곡
genre-hip-hop = 힙합
    .piece = 힙합 곡
genre-reggae = 레게
    .piece = 레게 곡
genre-latin = 라틴 음악
    .piece = 라틴 음악
genre-ambient = 앰비언트
    .piece = 앰비언트 곡
genre-funk = 훵크
    .piece = 훵크 곡
genre-gospel = 가스펠
    .piece = 가스펠 곡
genre-instrumental = 연주 음악
    .piece = 연주곡
