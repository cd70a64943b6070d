### English. How these files work is described in docs/adding.md.

## Nouns. `.class`: none is counted (a piano), u is not (percussion), p is plural (strings).

noun-subject = { $class ->
    [p] { $noun }
    [u] { $noun }
   *[none] a { $noun }
}
noun-with = { noun-subject }
noun-by = { noun-subject }
noun-to = { noun-subject }
noun-open = { noun-subject }
noun-the = the { $noun }
noun-the-listed = { $place ->
    [first] the { $noun }
   *[next] { $noun }
}
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } and { $b }
list-or = { $a } or { $b }

## Adjectives

qualities-more = { $a }, { $b }
qualities-attributive = { $a }, { $b }
qualities-be = { $a } and { $b }
qualities-open = { $a } and { $b }
qualities-become = { $a } and { $b }

## The whole

piece = piece
song = song
instrumental = instrumental piece
piece-for = { $noun } piece
piece-solo = { $class ->
    [p] unaccompanied { $noun } piece
    [u] unaccompanied { $noun } piece
   *[none] solo { $noun } piece
}
whole = a { $piece }
whole-qualities = a { $qualities } { $piece }
whole-with = { $whole } with { $sounds }
whole-solo = { $whole } for { $sounds } alone
whole-without = { $whole }, without { $sounds }
silent = the recording is almost silent
only = only { $sounds } can be heard, and no music
opens-as = the recording opens as { $whole }
music-opens-as = at { $time } the music begins as { $whole }
joined-by = { $whole }, joined by { $sounds } at { $time }
at-times = at times { $sounds } can be heard
measured-tempo = the tempo is about { $bpm } BPM
measured-key = the key is { $key }
measured-both = the tempo is about { $bpm } BPM, the key { $key }
key-major = { $tonic ->
    [C] C
    [Db] D-flat
    [D] D
    [Eb] E-flat
    [E] E
    [F] F
    [Fs] F-sharp
    [G] G
    [Ab] A-flat
    [A] A
    [Bb] B-flat
   *[B] B
} major
key-minor = { $tonic ->
    [C] C
    [Db] C-sharp
    [D] D
    [Eb] E-flat
    [E] E
    [F] F
    [Fs] F-sharp
    [G] G
    [Ab] G-sharp
    [A] A
    [Bb] B-flat
   *[B] B
} minor
recording-live = it is a live recording
recording-poor = the sound quality is poor
recording-lo-fi = the sound is lo-fi
recording-vinyl = it crackles like an old record
recording-tape = there is tape hiss
recording-hum = there is a low hum
recording-phone = it sounds like a phone recording
recording-overloaded = the recording is overloaded

## Captions. Who leads, and how others accompany.

lead = { $sounds }{ $alone ->
    [no] {""}
   *[yes] {" "}alone
} { $verb ->
    [sing] { $number ->
        [one] sings
       *[other] sing
    }
   *[play] { $number ->
        [one] plays
       *[other] play
    }
} { $object }
object-melody = { $qualities ->
    [none] a melody
   *[other] a { $qualities } melody
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] { $qualities } { $figure }
}
lead-over = { $lead } over { $manner }
lead-with = { $lead }, accompanied by { $sounds-by }
lead-without = { $lead }, without { $sounds }
whole-led = { $whole } led by { $lead }, with { $sounds }
manner = { $noun } ({ $manner })
manner-chords = chords
    .quiet = soft chords
    .loud = loud chords
manner-sustained = sustained chords
    .quiet = soft sustained chords
    .loud = loud sustained chords
manner-arpeggios = arpeggios
    .quiet = soft arpeggios
    .loud = loud arpeggios
played-chords = { $loudness ->
    [quiet] soft { $noun } chords
    [loud] loud { $noun } chords
   *[none] { $noun } chords
}
    .class = p
played-sustained = { $loudness ->
    [quiet] soft sustained { $noun } chords
    [loud] loud sustained { $noun } chords
   *[none] sustained { $noun } chords
}
    .class = p
played-arpeggios = { $loudness ->
    [quiet] soft { $noun } arpeggios
    [loud] loud { $noun } arpeggios
   *[none] { $noun } arpeggios
}
    .class = p

## The course. The first clause of a sentence has the time; -also follows another clause.

open = it opens with { $sounds }
open-qualities = at first it is { $qualities }, with { $sounds }
open-also = it opens with { $sounds }
at-first = it is { $qualities } at first
at-first-also = the music is { $qualities } at first
enter = at { $time } { $sounds } { $number ->
    [one] comes
   *[other] come
} in
enter-also = { $sounds } { $number ->
    [one] comes
   *[other] come
} in
enter-two = at { $time } { $sounds } { $number ->
    [one] enters
   *[other] enter
}
band-returns = at { $time } the band returns
return = at { $time } { $sounds } { $number ->
    [one] returns
   *[other] return
}
return-also = { $sounds } { $number ->
    [one] returns
   *[other] return
}
follow = at { $time } { $sounds } { $number ->
    [one] follows
   *[other] follow
}
follow-also = { $sounds } { $number ->
    [one] follows
   *[other] follow
}
drop = at { $time } it drops to { $sounds }
drop-also = it drops to { $sounds }
change = at { $time } it changes to { $sounds }
change-also = it changes to { $sounds }
end = from { $time } to the end only { $sounds } { $number ->
    [one] remains
   *[other] remain
}
end-also = to the end only { $sounds } { $number ->
    [one] remains
   *[other] remain
}
replace = at { $time } { $old } { $number ->
    [one] gives
   *[other] give
} way to { $new }
replace-also = { $old } { $number ->
    [one] gives
   *[other] give
} way to { $new }
stop = at { $time } { $sounds } { $number ->
    [one] stops
   *[other] stop
}
stop-also = { $sounds } { $number ->
    [one] stops
   *[other] stop
}
silence = at { $time } the music stops
silence-also = the music stops
turn = at { $time } the music { $step ->
    [slower] slows down{ $kind ->
        [tempo] {""}
       *[mixed] {" "}and becomes { $moods }
    }
    [faster] speeds up{ $kind ->
        [tempo] {""}
       *[mixed] {" "}and becomes { $moods }
    }
   *[none] becomes { $qualities }
}
turn-also = the music { $step ->
    [slower] slows down{ $kind ->
        [tempo] {""}
       *[mixed] {" "}and becomes { $moods }
    }
    [faster] speeds up{ $kind ->
        [tempo] {""}
       *[mixed] {" "}and becomes { $moods }
    }
   *[none] becomes { $qualities }
}
genre = at { $time } it changes to { $genre }
genre-also = it changes to { $genre }

## Sentences

clauses = { $first }, and { $second }
sentences = { $first }; { $second }
sentence = { $clause }.
outline = in outline: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = at { $time }: “{ $text }”
alone = from { $from } to { $to }: { $text }
no-captions = there are no captions
only-repetition = the captions only repeat themselves
# Two words that are written differently beside each other, one pair a line; _ is a space. Of the
# second word the beginning will do.
contractions =
    a a=an a
    a e=an e
    a E=an E
    a i=an i
    a o=an o
    a unh=an unh
    a up=an up

## Titles of sections

title-alone = { $sound } alone
title-band = full band
title-silence = silence
title-music = music
title-qualities = { $title }, { $qualities }

## Sounds. `.piece` is a piece that is played by it.

sound-piano = piano
sound-electric-piano = electric piano
sound-keyboard = keyboard
sound-harpsichord = harpsichord
sound-celesta = celesta
sound-music-box = music box
sound-mallets = mallet percussion
    .for = mallet
    .class = u
sound-vibraphone = vibraphone
sound-marimba = marimba
sound-xylophone = xylophone
sound-glockenspiel = glockenspiel
sound-chiming = chiming instrument
    .piece = piece for a chiming instrument
sound-kalimba = kalimba
sound-steelpan = steelpan
sound-bells = bells
    .for = bell
    .class = p
    .of = bell
sound-tubular-bells = tubular bells
    .for = tubular bell
    .class = p
    .of = tubular bell
sound-organ = organ
sound-church-organ = church organ
sound-accordion = accordion
sound-harmonica = harmonica
sound-acoustic-guitar = acoustic guitar
sound-electric-guitar = electric guitar
sound-distorted-guitar = distorted guitar
sound-guitar = guitar
sound-bass = bass
sound-electric-bass = bass guitar
sound-synth-bass = synth bass
sound-double-bass = double bass
sound-violin = violin
sound-viola = viola
sound-cello = cello
sound-strings = strings
    .for = string
    .class = p
    .of = string
sound-bowed = bowed instrument
    .piece = piece for a bowed instrument
sound-pizzicato = plucked strings
    .for = plucked-string
    .class = p
    .of = plucked-string
sound-harp = harp
sound-trumpet = trumpet
sound-muted-trumpet = muted trumpet
sound-trombone = trombone
sound-tuba = tuba
sound-french-horn = French horn
sound-brass = brass
    .class = u
sound-saxophone = saxophone
sound-clarinet = clarinet
sound-oboe = oboe
sound-english-horn = English horn
sound-bassoon = bassoon
sound-woodwind = woodwind
    .class = u
sound-wind = wind instrument
    .piece = piece for a wind instrument
sound-flute = flute
sound-piccolo = piccolo
sound-recorder = recorder
sound-pan-flute = pan flute
sound-bagpipes = bagpipes
    .class = p
    .of = bagpipe
sound-synth-lead = lead synth
    .for = synth
sound-synth-pad = synth pad
    .for = synth
sound-synth = synth
sound-plucked = plucked instrument
    .piece = piece for a plucked instrument
sound-banjo = banjo
sound-mandolin = mandolin
sound-sitar = sitar
sound-koto = koto
sound-shamisen = shamisen
sound-oud = oud
sound-lute = lute
sound-zither = zither
sound-ukulele = ukulele
sound-theremin = theremin
sound-orchestra = orchestra
    .piece = orchestral piece
    .solo = orchestral piece
    .of = orchestral
sound-turntables = turntables
    .for = turntable
    .class = p
    .of = turntable
sound-others = other instruments
    .class = p
sound-drums = drums
    .class = p
sound-simple-drums = simple drums
    .class = p
sound-rock-drums = rock drums
    .class = p
sound-jazz-drums = jazz drums
    .class = p
sound-funk-drums = funk drums
    .class = p
sound-electronic-beat = electronic beat
sound-march-drums = marching drums
    .class = p
sound-waltz-drums = waltz drums
    .class = p
sound-latin-percussion = Latin percussion
    .class = u
sound-hand-drums = hand drums
    .class = p
sound-percussion = percussion
    .class = u
sound-timpani = timpani
    .class = p
sound-claps = hand claps
    .class = p
sound-voice = voice
    .without = vocals
sound-male-voice = male voice
sound-female-voice = female voice
sound-choir = choir
sound-children = children’s voices
    .class = p
sound-rap = rapper
sound-male-rap = male rapper
sound-female-rap = female rapper
sound-whistling = whistling
    .class = u
sound-speech = speech
    .class = u
sound-male-speech = male speaker
sound-female-speech = female speaker
sound-applause = applause
    .class = u
sound-noise = noise
    .class = u
sound-white-noise = white noise
    .class = u
sound-pink-noise = pink noise
    .class = u
sound-rumble = rumbling noise
    .class = u
sound-tone = electronic tone
sound-sound-effects = sound effects
    .class = p

## Qualities

tempo-slow = slow
tempo-medium = mid-tempo
tempo-fast = fast
loudness-quiet = soft
    .become = softer
loudness-loud = loud
    .become = louder
mood-calm = calm
mood-gentle = gentle
mood-dreamy = dreamy
mood-relaxed = relaxed
mood-reflective = reflective
mood-lively = lively
mood-playful = playful
mood-groovy = groovy
mood-energetic = energetic
mood-powerful = powerful
mood-intense = intense
mood-aggressive = aggressive
mood-grand = grand
mood-solemn = solemn
mood-dramatic = dramatic
mood-epic = epic
mood-bold = bold
mood-steady = steady
mood-light = light
mood-warm = warm
mood-happy = happy
mood-sad = sad
mood-emotional = emotional
mood-nostalgic = nostalgic
mood-passionate = passionate
mood-romantic = romantic
mood-dark = dark
mood-scary = scary
mood-tense = tense
mood-mysterious = mysterious
mood-ethereal = ethereal
mood-hypnotic = hypnotic
mood-inspiring = inspiring

## Genres. `.piece` and `.song` are a piece and a song of it.

genre-orchestral = orchestral music
    .piece = orchestral piece
genre-classical = classical music
    .piece = classical piece
genre-rock = rock
    .piece = rock piece
    .song = rock song
genre-hard-rock = hard rock
    .piece = hard rock piece
    .song = hard rock song
genre-metal = metal
    .piece = metal piece
    .song = metal song
genre-pop = pop
    .piece = pop piece
    .song = pop song
genre-electropop = electropop
    .piece = electropop piece
    .song = electropop song
genre-electronic = electronic music
    .piece = electronic piece
genre-jazz = jazz
    .piece = jazz piece
    .song = jazz song
genre-blues = blues
    .piece = blues piece
    .song = blues song
genre-folk = folk
    .piece = folk piece
    .song = folk song
genre-country = country
    .piece = country piece
    .song = country song
genre-hip-hop = hip-hop
    .piece = hip-hop piece
    .song = hip-hop song
genre-reggae = reggae
    .piece = reggae piece
    .song = reggae song
genre-latin = Latin music
    .piece = Latin piece
    .song = Latin song
genre-ambient = ambient music
    .piece = ambient piece
genre-funk = funk
    .piece = funk piece
    .song = funk song
genre-gospel = gospel
    .piece = gospel piece
    .song = gospel song
genre-instrumental = instrumental music
    .piece = instrumental piece
