### 中文（简体）

## 名词。`.class = e`：不称“独奏”的声部。

noun-subject = { $noun }
noun-with = { $noun }
noun-by = { $noun }
noun-open = { $noun }
noun-to = { $noun }
noun-the = { $noun }
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }、{ $b }
list-and = { $a }与{ $b }
list-or = { $a }与{ $b }

## 形容词

qualities-more = { $a }、{ $b }
qualities-attributive = { $a }、{ $b }
qualities-be = { $a }、{ $b }
qualities-open = { $a }、{ $b }
qualities-become = { $a }、{ $b }

## 整体

piece = 乐曲
song = 歌曲
instrumental = 纯音乐
piece-for = { $noun }曲
piece-solo = { $class ->
    [e] 无伴奏{ $noun }曲
   *[none] { $noun }独奏曲
}
whole = 一首{ $piece }
whole-qualities = 一首{ $qualities }的{ $piece }
whole-with = { $whole }，配以{ $sounds }
whole-solo = { $whole }，只有{ $sounds }
whole-without = { $whole }，没有{ $sounds }
silent = 录音几乎无声
only = 只有{ $sounds }，没有音乐
opens-as = 录音开头是{ $whole }
music-opens-as = { $time }时音乐开始，是{ $whole }
joined-by = { $whole }，{ $time }时加入{ $sounds }
at-times = 时而可以听到{ $sounds }
measured-tempo = 速度约为每分钟{ $bpm }拍
measured-key = 调性为{ $key }
measured-both = 速度约为每分钟{ $bpm }拍，调性为{ $key }
key-major = { $tonic ->
    [C] C
    [Db] 降D
    [D] D
    [Eb] 降E
    [E] E
    [F] F
    [Fs] 升F
    [G] G
    [Ab] 降A
    [A] A
    [Bb] 降B
   *[B] B
}大调
key-minor = { $tonic ->
    [C] C
    [Db] 升C
    [D] D
    [Eb] 降E
    [E] E
    [F] F
    [Fs] 升F
    [G] G
    [Ab] 升G
    [A] A
    [Bb] 降B
   *[B] B
}小调
recording-live = 这是现场录音
recording-poor = 音质较差
recording-lo-fi = 呈低保真音质
recording-vinyl = 带有老唱片般的噼啪声
recording-tape = 带有磁带嘶声
recording-hum = 带有低沉的嗡嗡声
recording-phone = 听起来像电话录音
recording-overloaded = 录音有过载失真

## 片段：主奏与伴奏

lead = { $alone ->
    [no] { $sounds }{ $verb ->
        [sing] 演唱
       *[play] 演奏
    }
   *[yes] { $verb ->
        [sing] { $sounds }无伴奏演唱
       *[play] { $class ->
            [e] 仅由{ $sounds }演奏
           *[none] { $sounds }独奏
        }
    }
}{ $object }
object-melody = { $qualities ->
    [none] 旋律
   *[other] { $qualities }的旋律
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] { $qualities }的{ $figure }
}
lead-over = { $lead }，以{ $manner }衬托
lead-with = { $lead }，由{ $sounds }伴奏
lead-without = { $lead }，没有{ $sounds }
whole-led = { $whole }，以{ $lead }为主，配以{ $sounds }
manner = { $noun }（{ $manner }）
manner-chords = 和弦
    .quiet = 轻柔的和弦
    .loud = 响亮的和弦
manner-sustained = 长音和弦
    .quiet = 轻柔的长音和弦
    .loud = 响亮的长音和弦
manner-arpeggios = 琶音
    .quiet = 轻柔的琶音
    .loud = 响亮的琶音
played-chords = { $loudness ->
    [quiet] 轻柔的{ $noun }和弦
    [loud] 响亮的{ $noun }和弦
   *[none] { $noun }和弦
}
played-sustained = { $loudness ->
    [quiet] 轻柔的{ $noun }长音和弦
    [loud] 响亮的{ $noun }长音和弦
   *[none] { $noun }长音和弦
}
played-arpeggios = { $loudness ->
    [quiet] 轻柔的{ $noun }琶音
    [loud] 响亮的{ $noun }琶音
   *[none] { $noun }琶音
}

## 过程

open = 以{ $sounds }开场
open-qualities = 开头{ $qualities }，先响起{ $sounds }
open-also = 以{ $sounds }开场
at-first = 开头{ $qualities }
at-first-also = 音乐起初{ $qualities }
enter = { $time }时加入{ $sounds }
enter-also = { $sounds }加入
enter-two = { $time }时{ $sounds }加入
band-returns = { $time }时乐队再度加入
return = { $time }时{ $sounds }再度响起
return-also = { $sounds }再度响起
follow = { $time }时传来{ $sounds }
follow-also = 传来{ $sounds }
drop = { $time }起只剩下{ $sounds }
drop-also = 只剩下{ $sounds }
change = { $time }起只有{ $sounds }
change-also = 只有{ $sounds }
end = 从{ $time }到结尾只剩{ $sounds }
end-also = 到结尾只剩{ $sounds }
replace = { $time }时{ $old }退出，由{ $new }接替
replace-also = { $old }退出，由{ $new }接替
stop = { $time }时{ $sounds }退出
stop-also = { $sounds }退出
silence = { $time }时音乐停止
silence-also = 音乐停止
turn = { $time }时{ $step ->
    [slower] 节奏放慢{ $kind ->
        [tempo] {""}
       *[mixed] ，音乐变得{ $moods }
    }
    [faster] 节奏加快{ $kind ->
        [tempo] {""}
       *[mixed] ，音乐变得{ $moods }
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] 节奏变得缓慢
            [medium] 速度转为中速
           *[fast] 节奏变得快速
        }
        [mixed] { $tempo ->
            [slow] 节奏变得缓慢
            [medium] 速度转为中速
           *[fast] 节奏变得快速
        }，音乐变得{ $moods }
       *[mood] 音乐变得{ $qualities }
    }
}
turn-also = { $step ->
    [slower] 节奏放慢{ $kind ->
        [tempo] {""}
       *[mixed] ，音乐变得{ $moods }
    }
    [faster] 节奏加快{ $kind ->
        [tempo] {""}
       *[mixed] ，音乐变得{ $moods }
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] 节奏变得缓慢
            [medium] 速度转为中速
           *[fast] 节奏变得快速
        }
        [mixed] { $tempo ->
            [slow] 节奏变得缓慢
            [medium] 速度转为中速
           *[fast] 节奏变得快速
        }，音乐变得{ $moods }
       *[mood] 音乐变得{ $qualities }
    }
}
genre = { $time }时风格转为{ $genre }
genre-also = 风格转为{ $genre }

## 句子

clauses = { $first }，{ $second }
sentences = { $first }；{ $second }
sentence = { $clause }。
outline = 结构概要：{ $items }
outline-item = { $time } { $title }
outline-more = { $a }；{ $b }
quote = { $time }：“{ $text }”（原文）
alone = { $from } 至 { $to }：{ $text }
no-captions = 没有描述
only-repetition = 描述只是不断重复
contractions = {""}

## 标题

title-alone = { $class ->
    [e] 仅{ $sound }
   *[none] { $sound }独奏
}
title-band = 乐队合奏
title-silence = 无声
title-music = 音乐
title-qualities = { $title }（{ $qualities }）


## 声音

sound-piano = 钢琴
sound-electric-piano = 电钢琴
sound-keyboard = 键盘
    .for = 键盘乐
    .of = 键盘
sound-harpsichord = 羽管键琴
sound-celesta = 钢片琴
sound-music-box = 八音盒
sound-mallets = 键盘打击乐
    .class = e
sound-vibraphone = 颤音琴
sound-marimba = 马林巴琴
sound-xylophone = 木琴
sound-glockenspiel = 钟琴
sound-chiming = 钟铃类乐器
sound-kalimba = 拇指琴
sound-steelpan = 钢鼓
sound-bells = 钟铃
    .class = e
sound-tubular-bells = 管钟
    .class = e
sound-organ = 风琴
sound-church-organ = 管风琴
sound-accordion = 手风琴
sound-harmonica = 口琴
sound-acoustic-guitar = 原声吉他
sound-electric-guitar = 电吉他
sound-distorted-guitar = 失真电吉他
sound-guitar = 吉他
sound-bass = 贝斯
sound-electric-bass = 电贝斯
sound-synth-bass = 合成贝斯
sound-double-bass = 低音提琴
sound-violin = 小提琴
sound-viola = 中提琴
sound-cello = 大提琴
sound-strings = 弦乐
    .class = e
sound-bowed = 弓弦乐器
sound-pizzicato = 拨奏弦乐
    .class = e
sound-harp = 竖琴
sound-trumpet = 小号
sound-muted-trumpet = 弱音小号
sound-trombone = 长号
sound-tuba = 大号
sound-french-horn = 圆号
sound-brass = 铜管乐
    .class = e
sound-saxophone = 萨克斯
sound-clarinet = 单簧管
sound-oboe = 双簧管
sound-english-horn = 英国管
sound-bassoon = 巴松管
sound-woodwind = 木管乐
    .class = e
sound-wind = 管乐器
sound-flute = 长笛
sound-piccolo = 短笛
sound-recorder = 竖笛
sound-pan-flute = 排箫
sound-bagpipes = 风笛
sound-synth-lead = 主音合成器
sound-synth-pad = 合成器铺底
    .class = e
    .for = 合成器
    .solo = 合成器独奏曲
sound-synth = 合成器
sound-plucked = 弹拨乐器
sound-banjo = 班卓琴
sound-mandolin = 曼陀林
sound-sitar = 西塔琴
sound-koto = 日本筝
sound-shamisen = 三味线
sound-oud = 乌德琴
sound-lute = 鲁特琴
sound-zither = 齐特琴
sound-ukulele = 尤克里里
sound-theremin = 特雷门琴
sound-orchestra = 管弦乐队
    .class = e
    .for = 管弦乐
sound-turntables = 唱盘
    .class = e
sound-others = 其他乐器
    .class = e
sound-drums = 鼓
    .class = e
sound-simple-drums = 简单的鼓点
    .class = e
sound-rock-drums = 摇滚鼓点
    .class = e
sound-jazz-drums = 爵士鼓点
    .class = e
sound-funk-drums = 放克鼓点
    .class = e
sound-electronic-beat = 电子节拍
    .class = e
sound-march-drums = 进行曲小鼓
    .class = e
sound-waltz-drums = 圆舞曲鼓点
    .class = e
sound-latin-percussion = 拉丁打击乐
    .class = e
sound-hand-drums = 手鼓
    .class = e
sound-percussion = 打击乐
    .class = e
sound-timpani = 定音鼓
    .class = e
sound-claps = 拍手声
    .class = e
sound-voice = 人声
    .class = e
sound-male-voice = 男声
    .class = e
sound-female-voice = 女声
    .class = e
sound-choir = 合唱团
    .class = e
sound-children = 童声
    .class = e
sound-rap = 说唱
    .class = e
sound-male-rap = 男声说唱
    .class = e
sound-female-rap = 女声说唱
    .class = e
sound-whistling = 口哨
    .class = e
sound-speech = 说话声
    .class = e
sound-male-speech = 男性说话声
    .class = e
sound-female-speech = 女性说话声
    .class = e
sound-applause = 掌声
    .class = e
sound-noise = 噪声
    .class = e
sound-white-noise = 白噪声
    .class = e
sound-pink-noise = 粉红噪声
    .class = e
sound-rumble = 低沉的噪声
    .class = e
sound-tone = 电子音
    .class = e
sound-sound-effects = 音效
    .class = e

## 特征

tempo-slow = 缓慢
    .be = 节奏缓慢
    .title = 缓慢
tempo-medium = 中速
    .become = 速度适中
    .be = 速度适中
    .title = 中速
    .open = 速度适中
tempo-fast = 快节奏
    .be = 节奏快
    .become = 快速
    .melody = 快速
    .title = 快速
loudness-quiet = 轻柔
    .become = 更轻柔
loudness-loud = 响亮
    .become = 更响亮
mood-calm = 平静
mood-gentle = 温柔
mood-dreamy = 梦幻
mood-relaxed = 轻松
mood-reflective = 内省
mood-lively = 活泼
mood-playful = 俏皮
mood-groovy = 富有律动
mood-energetic = 充满活力
mood-powerful = 有力
mood-intense = 激烈
mood-aggressive = 激进
mood-grand = 恢宏
mood-solemn = 庄严
mood-dramatic = 富有戏剧性
mood-epic = 史诗般
    .become = 富有史诗感
    .be = 富有史诗感
mood-bold = 坚定
mood-steady = 平稳
mood-light = 轻盈
mood-warm = 温暖
mood-happy = 欢快
mood-sad = 悲伤
mood-emotional = 深情
mood-nostalgic = 怀旧
mood-passionate = 热情
mood-romantic = 浪漫
mood-dark = 阴暗
mood-scary = 阴森
mood-tense = 紧张
mood-mysterious = 神秘
mood-ethereal = 空灵
mood-hypnotic = 迷幻
mood-inspiring = 振奋人心

## 体裁

genre-orchestral = 管弦乐
    .piece = 管弦乐曲
genre-classical = 古典音乐
    .piece = 古典乐曲
genre-rock = 摇滚乐
    .piece = 摇滚乐曲
    .song = 摇滚歌曲
genre-hard-rock = 硬摇滚
    .piece = 硬摇滚乐曲
    .song = 硬摇滚歌曲
genre-metal = 金属乐
    .piece = 金属乐曲
    .song = 金属歌曲
genre-pop = 流行乐
    .piece = 流行乐曲
    .song = 流行歌曲
genre-electropop = 电子流行乐
    .piece = 电子流行乐曲
    .song = 电子流行歌曲
genre-electronic = 电子音乐
    .piece = 电子乐曲
genre-jazz = 爵士乐
    .piece = 爵士乐曲
    .song = 爵士歌曲
genre-blues = 蓝调
    .piece = 蓝调乐曲
    .song = 蓝调歌曲
genre-folk = 民谣
    .piece = 民谣乐曲
    .song = 民谣歌曲
genre-country = 乡村音乐
    .piece = 乡村乐曲
    .song = 乡村歌曲
genre-hip-hop = 嘻哈音乐
    .piece = 嘻哈乐曲
genre-reggae = 雷鬼乐
    .piece = 雷鬼乐曲
    .song = 雷鬼歌曲
genre-latin = 拉丁音乐
    .piece = 拉丁乐曲
    .song = 拉丁歌曲
genre-ambient = 氛围音乐
    .piece = 氛围乐曲
genre-funk = 放克
    .piece = 放克乐曲
    .song = 放克歌曲
genre-gospel = 福音音乐
    .piece = 福音乐曲
    .song = 福音歌曲
genre-instrumental = 纯音乐
    .piece = 纯音乐
