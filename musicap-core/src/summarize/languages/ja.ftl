### 日本語。文末は常体。`-then` は後に節が続くときの形（連用形）。

## 名詞

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
list-and = { $count ->
    [many] { $a }、{ $b }
   *[two] { $a }と{ $b }
}
list-or = { $a }や{ $b }

## 形容詞。値は連体形、`-and` は後に別の形容詞が続く形。

qualities-more = { $a }{ $b }
qualities-attributive = { $a }{ $b }
qualities-be = { $a }{ $b }
qualities-open = { $a }{ $b }
qualities-become = { $a }{ $b }

## 全体

piece = 曲
song = 歌
instrumental = インストゥルメンタル曲
piece-for = { $noun }の曲
piece-solo = { $class ->
    [e] { $noun }だけの曲
   *[none] { $noun }の独奏曲
}
whole = { $piece }
whole-qualities = { $qualities }{ $piece }
whole-with = { $sounds }を伴う{ $qualified ->
    [yes] 、
   *[no] {""}
}{ $whole }
whole-solo = { $sounds }だけの{ $qualified ->
    [yes] 、
   *[no] {""}
}{ $whole }
absent = { $clause }。{ $sounds }は入っていない
silent = ほぼ無音の録音
only = 聞こえるのは{ $sounds }だけで、音楽はない
opens-as = { $whole }として始まる
music-opens-as = { $time }から{ $whole }が始まる
joined-by = { $whole }に、{ $time }から{ $sounds }が加わる
at-times = ときおり{ $sounds }が聞こえる
measured-tempo = テンポは毎分約{ $bpm }拍である
measured-key = 調は{ $key }である
measured-both = テンポは毎分約{ $bpm }拍、調は{ $key }である
key-major = { $tonic ->
    [C] ハ
    [Db] 変ニ
    [D] ニ
    [Eb] 変ホ
    [E] ホ
    [F] ヘ
    [Fs] 嬰ヘ
    [G] ト
    [Ab] 変イ
    [A] イ
    [Bb] 変ロ
   *[B] ロ
}長調
key-minor = { $tonic ->
    [C] ハ
    [Db] 嬰ハ
    [D] ニ
    [Eb] 変ホ
    [E] ホ
    [F] ヘ
    [Fs] 嬰ヘ
    [G] ト
    [Ab] 嬰ト
    [A] イ
    [Bb] 変ロ
   *[B] ロ
}短調
recording-live = ライブ録音である
recording-poor = 音質はよくない
recording-lo-fi = 音質はローファイである
recording-vinyl = 古いレコードのようなパチパチというノイズがある
recording-tape = テープのヒスノイズがある
recording-hum = 低いハムノイズがある
recording-phone = 電話越しのような音である
recording-overloaded = 録音が音割れしている

## 一節の説明：主旋律と伴奏。

lead = { $sounds }{ $alone ->
    [no] が
   *[yes] { $verb ->
        [sing] がアカペラで
       *[play] { $class ->
            [e] だけで、
           *[none] が独奏で、
        }
    }
}{ $object }{ $verb ->
    [sing] 歌う
   *[play] 奏でる
}
object-melody = { $qualities ->
    [none] メロディーを
   *[other] { $qualities }メロディーを
}
object-figure = { $qualities ->
    [none] { $figure }を
   *[other] { $qualities }{ $figure }を
}
lead-over = { $manner }に乗せて、{ $lead }
lead-with = { $sounds }の伴奏で、{ $lead }
lead-without = { $lead }。{ $sounds }は入っていない
whole-led = { $lead }を前面に出し、{ $sounds }を伴う{ $qualified ->
    [yes] 、
   *[no] {""}
}{ $whole }
manner = { $noun }（{ $manner }）
manner-chords = 和音
    .quiet = 静かな和音
    .loud = 力強い和音
manner-sustained = 持続和音
    .quiet = 静かな持続和音
    .loud = 力強い持続和音
manner-arpeggios = アルペジオ
    .quiet = 静かなアルペジオ
    .loud = 力強いアルペジオ
played-chords = { $loudness ->
    [quiet] { $noun }の静かな和音
    [loud] { $noun }の力強い和音
   *[none] { $noun }の和音
}
played-sustained = { $loudness ->
    [quiet] { $noun }の静かな持続和音
    [loud] { $noun }の力強い持続和音
   *[none] { $noun }の持続和音
}
played-arpeggios = { $loudness ->
    [quiet] { $noun }の静かなアルペジオ
    [loud] { $noun }の力強いアルペジオ
   *[none] { $noun }のアルペジオ
}

## 展開

open = { $sounds }で始まる
open-then = { $sounds }で始まり
open-qualities = { $kind ->
    [tempo] { $tempo ->
        [slow] ゆったりとしたテンポ
        [medium] ミディアムテンポ
       *[fast] 速いテンポ
    }
   *[mood] { $qualities }曲調
}で始まり、{ $sounds }が聞こえる
open-also = { $sounds }で始まる
at-first = 初めは{ $kind ->
    [tempo] { $tempo ->
        [slow] ゆったりとしたテンポ
        [medium] ミディアムテンポ
       *[fast] 速いテンポ
    }
   *[mood] { $qualities }曲調
}である
at-first-also = 初めは{ $kind ->
    [tempo] { $tempo ->
        [slow] ゆったりとしたテンポ
        [medium] ミディアムテンポ
       *[fast] 速いテンポ
    }
   *[mood] { $qualities }曲調
}である
enter = { $time }から{ $sounds }が入る
enter-then = { $time }から{ $sounds }が入り
enter-also = { $sounds }が入る
enter-also-then = { $sounds }が入り
enter-two = { $time }から{ $sounds }が加わる
enter-two-then = { $time }から{ $sounds }が加わり
band-returns = { $time }でバンドが戻る
band-returns-then = { $time }でバンドが戻り
return = { $time }で{ $sounds }が戻る
return-then = { $time }で{ $sounds }が戻り
return-also = { $sounds }が戻る
return-also-then = { $sounds }が戻り
follow = { $time }から{ $sounds }が聞こえる
follow-then = { $time }から{ $sounds }が聞こえ
follow-also = { $sounds }が聞こえる
follow-also-then = { $sounds }が聞こえ
drop = { $time }からは{ $sounds }だけになる
drop-then = { $time }からは{ $sounds }だけになり
drop-also = { $sounds }だけになる
drop-also-then = { $sounds }だけになり
change = { $time }からは{ $sounds }だけになる
change-then = { $time }からは{ $sounds }だけになり
change-also = { $sounds }だけになる
change-also-then = { $sounds }だけになり
end = { $time }から最後まで{ $sounds }のみとなる
end-then = { $time }から最後まで{ $sounds }のみとなり
end-also = 最後まで{ $sounds }のみとなる
end-also-then = 最後まで{ $sounds }のみとなり
replace = { $time }で{ $old }に代わって{ $new }が入る
replace-then = { $time }で{ $old }に代わって{ $new }が入り
replace-also = { $old }に代わって{ $new }が入る
replace-also-then = { $old }に代わって{ $new }が入り
stop = { $time }で{ $sounds }が消える
stop-then = { $time }で{ $sounds }が消え
stop-also = { $sounds }が消える
stop-also-then = { $sounds }が消え
silence = { $time }で音楽は終わる
silence-also = 音楽は終わる
turn = { $time }で{ $step ->
    [slower] { $kind ->
        [tempo] テンポが下がる
       *[mixed] テンポが下がり、{ $moods }曲調になる
    }
    [faster] { $kind ->
        [tempo] テンポが上がる
       *[mixed] テンポが上がり、{ $moods }曲調になる
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] ゆったりとしたテンポに
            [medium] ミディアムテンポに
           *[fast] 速いテンポに
        }
        [loudness] 音量が{ $qualities }
       *[mood] { $qualities }曲調に
    }なる
}
turn-then = { $time }で{ $step ->
    [slower] { $kind ->
        [tempo] テンポが下がり
       *[mixed] テンポが下がり、{ $moods }曲調になり
    }
    [faster] { $kind ->
        [tempo] テンポが上がり
       *[mixed] テンポが上がり、{ $moods }曲調になり
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] ゆったりとしたテンポに
            [medium] ミディアムテンポに
           *[fast] 速いテンポに
        }
        [loudness] 音量が{ $qualities }
       *[mood] { $qualities }曲調に
    }なり
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] テンポが下がる
       *[mixed] テンポが下がり、{ $moods }曲調になる
    }
    [faster] { $kind ->
        [tempo] テンポが上がる
       *[mixed] テンポが上がり、{ $moods }曲調になる
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] ゆったりとしたテンポに
            [medium] ミディアムテンポに
           *[fast] 速いテンポに
        }
        [loudness] 音量が{ $qualities }
       *[mood] { $qualities }曲調に
    }なる
}
turn-also-then = { $step ->
    [slower] { $kind ->
        [tempo] テンポが下がり
       *[mixed] テンポが下がり、{ $moods }曲調になり
    }
    [faster] { $kind ->
        [tempo] テンポが上がり
       *[mixed] テンポが上がり、{ $moods }曲調になり
    }
   *[none] { $kind ->
        [tempo] { $tempo ->
            [slow] ゆったりとしたテンポに
            [medium] ミディアムテンポに
           *[fast] 速いテンポに
        }
        [loudness] 音量が{ $qualities }
       *[mood] { $qualities }曲調に
    }なり
}
genre = { $time }からジャンルが{ $genre }に変わる
genre-also = ジャンルが{ $genre }に変わる

## 文

clauses = { $first }、{ $second }
sentences = { $first }。{ $second }
sentence = { $clause }。
outline = 構成：{ $items }
outline-item = { $time } { $title }
outline-more = { $a }／{ $b }
quote = { $time }：「{ $text }」（原文）
alone = { $from }〜{ $to }：{ $text }
no-captions = 説明文がない
only-repetition = 説明文は同じ言葉の繰り返しだけである
contractions = {""}

## 見出し

title-alone = { $sound }のみ
title-band = フルバンド
title-silence = 無音
title-music = 音楽
title-qualities = { $title }（{ $qualities }テンポ）


## 音

sound-piano = ピアノ
    .piece = ピアノ曲
sound-electric-piano = エレクトリックピアノ
sound-keyboard = キーボード
sound-harpsichord = チェンバロ
    .piece = チェンバロ曲
sound-celesta = チェレスタ
sound-music-box = オルゴール
sound-mallets = 鍵盤打楽器
    .class = e
sound-vibraphone = ビブラフォン
sound-marimba = マリンバ
sound-xylophone = シロフォン
sound-glockenspiel = グロッケンシュピール
sound-chiming = ベル系の楽器
sound-kalimba = カリンバ
sound-steelpan = スティールパン
sound-bells = ベル
    .class = e
sound-tubular-bells = チューブラーベル
    .class = e
sound-organ = オルガン
    .piece = オルガン曲
sound-church-organ = パイプオルガン
sound-accordion = アコーディオン
sound-harmonica = ハーモニカ
sound-acoustic-guitar = アコースティックギター
sound-electric-guitar = エレキギター
sound-distorted-guitar = ディストーションギター
sound-guitar = ギター
    .piece = ギター曲
sound-bass = ベース
sound-electric-bass = エレキベース
sound-synth-bass = シンセベース
sound-double-bass = コントラバス
sound-violin = バイオリン
    .piece = バイオリン曲
sound-viola = ビオラ
sound-cello = チェロ
    .piece = チェロ曲
sound-strings = 弦楽器
    .for = 弦楽
    .class = e
    .of = 弦楽
sound-bowed = 擦弦楽器
sound-pizzicato = ピチカートの弦楽器
    .class = e
    .for = 弦楽ピチカート
    .of = 弦楽ピチカート
sound-harp = ハープ
sound-trumpet = トランペット
sound-muted-trumpet = ミュートトランペット
sound-trombone = トロンボーン
sound-tuba = チューバ
sound-french-horn = ホルン
sound-brass = 金管楽器
    .class = e
sound-saxophone = サックス
sound-clarinet = クラリネット
sound-oboe = オーボエ
sound-english-horn = イングリッシュホルン
sound-bassoon = ファゴット
sound-woodwind = 木管楽器
    .class = e
sound-wind = 管楽器
sound-flute = フルート
    .piece = フルート曲
sound-piccolo = ピッコロ
sound-recorder = リコーダー
sound-pan-flute = パンフルート
sound-bagpipes = バグパイプ
sound-synth-lead = シンセリード
sound-synth-pad = シンセパッド
sound-synth = シンセサイザー
sound-plucked = 撥弦楽器
sound-banjo = バンジョー
sound-mandolin = マンドリン
sound-sitar = シタール
sound-koto = 箏
sound-shamisen = 三味線
sound-oud = ウード
sound-lute = リュート
sound-zither = ツィター
sound-ukulele = ウクレレ
sound-theremin = テルミン
sound-orchestra = オーケストラ
    .piece = オーケストラ曲
    .solo = オーケストラ曲
    .class = e
sound-turntables = ターンテーブル
    .class = e
sound-others = 他の楽器
    .class = e
sound-drums = ドラム
sound-simple-drums = シンプルなドラム
sound-rock-drums = ロックドラム
sound-jazz-drums = ジャズドラム
sound-funk-drums = ファンクドラム
sound-electronic-beat = エレクトロニックビート
sound-march-drums = マーチングドラム
sound-waltz-drums = ワルツのドラム
sound-latin-percussion = ラテンパーカッション
sound-hand-drums = ハンドドラム
sound-percussion = パーカッション
sound-timpani = ティンパニ
sound-claps = 手拍子
sound-voice = ボーカル
    .without = 歌
sound-male-voice = 男性ボーカル
sound-female-voice = 女性ボーカル
sound-choir = 合唱
sound-children = 子どもの歌声
sound-rap = ラップ
sound-male-rap = 男性のラップ
sound-female-rap = 女性のラップ
sound-whistling = 口笛
sound-speech = 話し声
sound-male-speech = 男性の話し声
sound-female-speech = 女性の話し声
sound-applause = 拍手
sound-noise = ノイズ
sound-white-noise = ホワイトノイズ
sound-pink-noise = ピンクノイズ
sound-rumble = 低いノイズ
sound-tone = 電子音
sound-sound-effects = 効果音

## 性質

tempo-slow = ゆったりとした
    .attributive-and = ゆったりとして
    .melody-and = ゆったりとして
    .be-and = ゆったりとして
    .become-and = ゆったりとして
tempo-medium = ミディアムテンポの
    .attributive-and = ミディアムテンポで
    .melody-and = ミディアムテンポで
    .be-and = ミディアムテンポで
    .title = ミディアム
    .become-and = ミディアムテンポで
tempo-fast = テンポの速い
    .attributive-and = テンポが速く
    .melody-and = 速く
    .be-and = テンポが速く
    .title = 速い
    .melody = 速い
    .become-and = テンポが速く
loudness-quiet = 静かな
    .attributive-and = 静かで
    .be-and = 静かで
    .become = 小さく
    .become-and = 静かで
loudness-loud = 音量の大きい
    .attributive-and = 音量が大きく
    .be-and = 音量が大きく
    .become = 大きく
    .become-and = 音量が大きく
mood-calm = 穏やかな
    .attributive-and = 穏やかで
    .be-and = 穏やかで
    .become-and = 穏やかで
mood-gentle = 優しい
    .attributive-and = 優しく
    .be-and = 優しく
    .become-and = 優しく
mood-dreamy = 夢見るような
    .attributive-and = 夢見るようで
    .be-and = 夢見るようで
    .become-and = 夢見るようで
mood-relaxed = リラックスした
    .attributive-and = リラックスした雰囲気で
    .be-and = リラックスした雰囲気で
    .become-and = リラックスした雰囲気で
mood-reflective = 内省的な
    .attributive-and = 内省的で
    .be-and = 内省的で
    .become-and = 内省的で
mood-lively = 軽快な
    .attributive-and = 軽快で
    .be-and = 軽快で
    .become-and = 軽快で
mood-playful = 遊び心のある
    .attributive-and = 遊び心があり
    .be-and = 遊び心があり
    .become-and = 遊び心があり
mood-groovy = ノリのよい
    .attributive-and = ノリがよく
    .be-and = ノリがよく
    .become-and = ノリがよく
mood-energetic = エネルギッシュな
    .attributive-and = エネルギッシュで
    .be-and = エネルギッシュで
    .become-and = エネルギッシュで
mood-powerful = 力強い
    .attributive-and = 力強く
    .be-and = 力強く
    .become-and = 力強く
mood-intense = 激しい
    .attributive-and = 激しく
    .be-and = 激しく
    .become-and = 激しく
mood-aggressive = 攻撃的な
    .attributive-and = 攻撃的で
    .be-and = 攻撃的で
    .become-and = 攻撃的で
mood-grand = 壮大な
    .attributive-and = 壮大で
    .be-and = 壮大で
    .become-and = 壮大で
mood-solemn = 厳かな
    .attributive-and = 厳かで
    .be-and = 厳かで
    .become-and = 厳かで
mood-dramatic = 劇的な
    .attributive-and = 劇的で
    .be-and = 劇的で
    .become-and = 劇的で
mood-epic = スケールの大きい
    .attributive-and = スケールが大きく
    .be-and = スケールが大きく
    .become-and = スケールが大きく
mood-bold = 堂々とした
    .attributive-and = 堂々として
    .be-and = 堂々として
    .become-and = 堂々として
mood-steady = 安定感のある
    .attributive-and = 安定感があり
    .be-and = 安定感があり
    .become-and = 安定感があり
mood-light = 軽やかな
    .attributive-and = 軽やかで
    .be-and = 軽やかで
    .become-and = 軽やかで
mood-warm = 温かい
    .attributive-and = 温かく
    .be-and = 温かく
    .become-and = 温かく
mood-happy = 楽しげな
    .attributive-and = 楽しげで
    .be-and = 楽しげで
    .become-and = 楽しげで
mood-sad = 悲しげな
    .attributive-and = 悲しげで
    .be-and = 悲しげで
    .become-and = 悲しげで
mood-emotional = 感情豊かな
    .attributive-and = 感情豊かで
    .be-and = 感情豊かで
    .become-and = 感情豊かで
mood-nostalgic = 郷愁を誘う
    .attributive-and = 郷愁を誘い
    .be-and = 郷愁を誘い
    .become-and = 郷愁を誘い
mood-passionate = 情熱的な
    .attributive-and = 情熱的で
    .be-and = 情熱的で
    .become-and = 情熱的で
mood-romantic = ロマンチックな
    .attributive-and = ロマンチックで
    .be-and = ロマンチックで
    .become-and = ロマンチックで
mood-dark = 暗い
    .attributive-and = 暗く
    .be-and = 暗く
    .become-and = 暗く
mood-scary = 不気味な
    .attributive-and = 不気味で
    .be-and = 不気味で
    .become-and = 不気味で
mood-tense = 緊張感のある
    .attributive-and = 緊張感があり
    .be-and = 緊張感があり
    .become-and = 緊張感があり
mood-mysterious = 神秘的な
    .attributive-and = 神秘的で
    .be-and = 神秘的で
    .become-and = 神秘的で
mood-ethereal = 幻想的な
    .attributive-and = 幻想的で
    .be-and = 幻想的で
    .become-and = 幻想的で
mood-hypnotic = 陶酔的な
    .attributive-and = 陶酔的で
    .be-and = 陶酔的で
    .become-and = 陶酔的で
mood-inspiring = 希望に満ちた
    .attributive-and = 希望に満ち
    .be-and = 希望に満ち
    .become-and = 希望に満ち

## ジャンル

genre-orchestral = オーケストラ音楽
    .piece = オーケストラ曲
genre-classical = クラシック
    .piece = クラシック曲
genre-rock = ロック
    .piece = ロック曲
genre-hard-rock = ハードロック
    .piece = ハードロック曲
genre-metal = メタル
    .piece = メタル曲
genre-pop = ポップス
    .piece = ポップスの曲
genre-electropop = エレクトロポップ
    .piece = エレクトロポップ曲
genre-electronic = 電子音楽
    .piece = 電子音楽の曲
genre-jazz = ジャズ
    .piece = ジャズ曲
genre-blues = ブルース
    .piece = ブルース曲
genre-folk = フォーク
    .piece = フォーク曲
genre-country = カントリー
    .piece = カントリー曲
genre-hip-hop = ヒップホップ
    .piece = ヒップホップ曲
genre-reggae = レゲエ
    .piece = レゲエ曲
genre-latin = ラテン音楽
    .piece = ラテン音楽の曲
genre-ambient = アンビエント
    .piece = アンビエント曲
genre-funk = ファンク
    .piece = ファンク曲
genre-gospel = ゴスペル
    .piece = ゴスペル曲
genre-instrumental = インストゥルメンタル
    .piece = インストゥルメンタル曲
