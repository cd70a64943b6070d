### Français. « Morceau » est masculin : les adjectifs s’accordent avec lui.

## Noms. `.class` : m, f avec article (none = m) ; um, uf partitif (de la percussion) ; mp, fp pluriel.

noun-subject = { $kind ->
    [drums] { noun-the }
    [instrument] { $class ->
        [f] une { $noun }
        [mp] les { $noun }
        [fp] les { $noun }
        [um] du { $noun }
        [uf] de la { $noun }
       *[m] un { $noun }
    }
   *[other] { noun-by }
}
noun-with = { $noun }
noun-by = { $class ->
    [f] une { $noun }
    [mp] des { $noun }
    [fp] des { $noun }
    [um] du { $noun }
    [uf] de la { $noun }
   *[m] un { $noun }
}
noun-open = { $kind ->
    [drums] { noun-the }
   *[other] { noun-by }
}
noun-to = à { noun-subject }
noun-the = { $class ->
    [f] la { $noun }
    [uf] la { $noun }
    [mp] les { $noun }
    [fp] les { $noun }
   *[m] le { $noun }
}
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } et { $b }
list-or = { $a } ni { $b }

## Adjectifs

qualities-more = { $a }, { $b }
qualities-attributive = { $a } et { $b }
qualities-phrase = { $a } { $b }
qualities-be = { $a } et { $b }
qualities-open = { $a } et { $b }
qualities-become = { $a } et { $b }

## L’ensemble

piece = morceau
song = morceau chanté
instrumental = morceau instrumental
whole = un { $piece }
whole-qualities = un { $piece } { $qualities }
whole-for = { $whole } pour { $noun }
whole-for-solo = { $whole } pour { $noun } { $class ->
    [f] seule
    [uf] seule
    [fp] seules
    [mp] seuls
   *[m] seul
}
whole-with = { $whole } avec { $sounds }
whole-solo = { $whole } pour { $sounds } { $class ->
    [f] seule
    [uf] seule
    [fp] seules
    [mp] seuls
   *[m] seul
}
whole-without = { $whole }, sans { $sounds }
silent = l’enregistrement est presque silencieux
only = on n’entend que { $sounds }, sans musique
opens-as = l’enregistrement s’ouvre sur { $whole }
music-opens-as = à { $time }, la musique s’ouvre sur { $whole }
joined-by = { $whole }, rejoint à { $time } par { $sounds }
at-times = par moments, on entend { $sounds }
measured-tempo = le tempo est d’environ { $bpm } BPM
measured-key = la tonalité est { $key }
measured-both = le tempo est d’environ { $bpm } BPM, la tonalité est { $key }
key-major = { $tonic ->
    [C] do
    [Db] ré bémol
    [D] ré
    [Eb] mi bémol
    [E] mi
    [F] fa
    [Fs] fa dièse
    [G] sol
    [Ab] la bémol
    [A] la
    [Bb] si bémol
   *[B] si
} majeur
key-minor = { $tonic ->
    [C] do
    [Db] do dièse
    [D] ré
    [Eb] mi bémol
    [E] mi
    [F] fa
    [Fs] fa dièse
    [G] sol
    [Ab] sol dièse
    [A] la
    [Bb] si bémol
   *[B] si
} mineur
recording-live = c’est un enregistrement en public
recording-poor = la qualité du son est mauvaise
recording-lo-fi = le son est lo-fi
recording-vinyl = l’enregistrement crépite comme un vieux vinyle
recording-tape = on entend le souffle de la bande
recording-hum = on entend un ronflement grave
recording-phone = on dirait un enregistrement fait au téléphone
recording-overloaded = l’enregistrement est saturé

## Passages : qui mène et comment les autres accompagnent. « Mélodie » est féminin (`.melody`).

lead = { $sounds } { $verb ->
    [sing] { $number ->
        [one] chante
       *[other] chantent
    }
   *[play] { $number ->
        [one] joue
       *[other] jouent
    }
}{ $alone ->
    [no] {""}
   *[yes] {" "}{ $verb ->
        [sing] a cappella
       *[play] { $class ->
            [f] seule
            [uf] seule
            [mp] seuls
            [fp] seules
           *[m] seul
        }
    }
} { $object }
object-melody = { $qualities ->
    [none] une mélodie
   *[other] une mélodie { $qualities }
}
object-figure = { $qualities ->
    [none] des { $figure }
   *[other] une musique { $qualities } en { $figure }
}
lead-over = { $lead } sur des { $manner }
lead-with = { $lead }, accompagnée par { $sounds-by }
lead-without = { $lead }, sans { $sounds }
whole-led = { $whole } porté par { $lead }, avec { $sounds }
manner = { $noun } ({ $manner })
manner-chords = accords
    .quiet = accords doux
    .loud = accords forts
manner-sustained = accords tenus
    .quiet = accords tenus et doux
    .loud = accords tenus et forts
manner-arpeggios = arpèges
    .quiet = arpèges doux
    .loud = arpèges forts
played-chords = { $loudness ->
    [quiet] accords doux de { $noun }
    [loud] accords forts de { $noun }
   *[none] accords de { $noun }
}
    .class = mp
played-sustained = { $loudness ->
    [quiet] accords doux et tenus de { $noun }
    [loud] accords forts et tenus de { $noun }
   *[none] accords tenus de { $noun }
}
    .class = mp
played-arpeggios = { $loudness ->
    [quiet] arpèges doux de { $noun }
    [loud] arpèges forts de { $noun }
   *[none] arpèges de { $noun }
}
    .class = mp

## Le déroulement

open = il commence par { $sounds }
open-qualities = il s’ouvre sur un passage { $qualities } avec { $sounds }
open-also = il commence par { $sounds }
at-first = au début, { $kind ->
    [tempo] le tempo est { $tempo ->
        [slow] lent
        [medium] modéré
       *[fast] rapide
    }
   *[mood] il est { $qualities }
}
at-first-also = { $kind ->
    [tempo] le tempo est d’abord { $tempo ->
        [slow] lent
        [medium] modéré
       *[fast] rapide
    }
   *[mood] le morceau est d’abord { $qualities }
}
enter = à { $time }, { $sounds } { $number ->
    [one] fait son entrée
   *[other] font leur entrée
}
enter-also = { $sounds } { $number ->
    [one] fait son entrée
   *[other] font leur entrée
}
enter-two = à { $time }, { $sounds } { $number ->
    [one] s’ajoute
   *[other] s’ajoutent
}
band-returns = à { $time }, le groupe revient
return = à { $time }, { $sounds } { $number ->
    [one] revient
   *[other] reviennent
}
return-also = { $sounds } { $number ->
    [one] revient
   *[other] reviennent
}
follow = à { $time }, on entend { $sounds }
follow-also = on entend { $sounds }
drop = à { $time }, il ne reste que { $sounds }
drop-also = il ne reste que { $sounds }
change = à partir de { $time }, on n’entend que { $sounds }
change-also = on n’entend que { $sounds }
end = de { $time } à la fin, on n’entend plus que { $sounds }
end-also = jusqu’à la fin, on n’entend plus que { $sounds }
replace = à { $time }, { $old } { $number ->
    [one] cède
   *[other] cèdent
} la place { $new }
replace-also = { $old } { $number ->
    [one] cède
   *[other] cèdent
} la place { $new }
stop = à { $time }, { $sounds } { $number ->
    [one] se tait
   *[other] se taisent
}
stop-also = { $sounds } { $number ->
    [one] se tait
   *[other] se taisent
}
silence = à { $time }, la musique s’arrête
silence-also = la musique s’arrête
turn = à { $time }, { $step ->
    [slower] le tempo ralentit{ $kind ->
        [tempo] {""}
       *[mixed] {" "}et le morceau devient { $moods }
    }
    [faster] le tempo s’accélère{ $kind ->
        [tempo] {""}
       *[mixed] {" "}et le morceau devient { $moods }
    }
   *[none] { $kind ->
        [tempo] le tempo devient { $tempo ->
            [slow] lent
            [medium] modéré
           *[fast] rapide
        }
        [mixed] le tempo devient { $tempo ->
            [slow] lent
            [medium] modéré
           *[fast] rapide
        } et le morceau { $moods }
       *[mood] le morceau devient { $qualities }
    }
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] le tempo ralentit
       *[mixed] le morceau, plus lent, devient { $moods }
    }
    [faster] { $kind ->
        [tempo] le tempo s’accélère
       *[mixed] le morceau, plus rapide, devient { $moods }
    }
   *[none] { $kind ->
        [tempo] le tempo devient { $tempo ->
            [slow] lent
            [medium] modéré
           *[fast] rapide
        }
        [mixed] le tempo devient { $tempo ->
            [slow] lent
            [medium] modéré
           *[fast] rapide
        } et le morceau { $moods }
       *[mood] le morceau devient { $qualities }
    }
}
genre = à { $time }, le morceau passe { $genre }
genre-also = on passe { $genre }

## Phrases

clauses = { $first }, et { $second }
sentences = { $first } ; { $second }
sentence = { $clause }.
outline = vue d’ensemble : { $items }
outline-item = { $time } { $title }
outline-more = { $a } ; { $b }
quote = à { $time } : « { $text } » (texte original)
alone = de { $from } à { $to } : { $text }
no-captions = il n’y a pas de descriptions
only-repetition = les descriptions ne font que se répéter
# Deux mots qui s’écrivent autrement l’un près de l’autre ; _ est une espace.
contractions =
    le a=l’a
    le e=l’e
    le é=l’é
    le i=l’i
    le o=l’o
    le harmonica=l’harmonica
    la a=l’a
    la e=l’e
    la é=l’é
    la o=l’o
    de a=d’a
    de e=d’e
    de o=d’o
    de é=d’é
    de harmonica=d’harmonica
    que un=qu’un
    des autres=d’autres
    que a=qu’a
    que o=qu’o
    à le_=au_
    à les_=aux_
    de le_=du_
    de les_=des_

## Titres

title-alone = { $class ->
    [f] { $sound } seule
    [uf] { $sound } seule
    [fp] { $sound } seules
    [mp] { $sound } seuls
   *[m] { $sound } seul
}
title-band = groupe au complet
title-silence = silence
title-music = musique
title-qualities = { $title }, tempo { $qualities }


## Sons

sound-piano = piano
sound-electric-piano = piano électrique
sound-keyboard = clavier
sound-harpsichord = clavecin
sound-celesta = célesta
sound-music-box = boîte à musique
    .class = f
sound-mallets = percussions à clavier
    .class = fp
sound-vibraphone = vibraphone
sound-marimba = marimba
sound-xylophone = xylophone
sound-glockenspiel = glockenspiel
sound-chiming = instrument à sonorité de cloches
    .with = un instrument à sonorité de cloches
sound-kalimba = kalimba
    .class = f
sound-steelpan = steelpan
sound-bells = cloches
    .class = fp
sound-tubular-bells = cloches tubulaires
    .class = fp
sound-organ = orgue
sound-church-organ = orgue d’église
sound-accordion = accordéon
sound-harmonica = harmonica
sound-acoustic-guitar = guitare acoustique
    .class = f
sound-electric-guitar = guitare électrique
    .class = f
sound-distorted-guitar = guitare saturée
    .class = f
sound-guitar = guitare
    .class = f
sound-bass = basse
    .class = f
sound-electric-bass = basse électrique
    .class = f
sound-synth-bass = basse synthétique
    .class = f
sound-double-bass = contrebasse
    .class = f
sound-violin = violon
sound-viola = alto
sound-cello = violoncelle
sound-strings = cordes
    .class = fp
sound-bowed = instrument à archet
    .with = un instrument à archet
sound-pizzicato = cordes en pizzicato
    .class = fp
sound-harp = harpe
    .class = f
sound-trumpet = trompette
    .class = f
sound-muted-trumpet = trompette bouchée
    .class = f
sound-trombone = trombone
sound-tuba = tuba
sound-french-horn = cor
sound-brass = cuivres
    .class = mp
sound-saxophone = saxophone
sound-clarinet = clarinette
    .class = f
sound-oboe = hautbois
sound-english-horn = cor anglais
sound-bassoon = basson
sound-woodwind = bois
    .class = mp
    .for = instruments à vent en bois
sound-wind = instrument à vent
    .with = un instrument à vent
sound-flute = flûte
    .class = f
sound-piccolo = piccolo
sound-recorder = flûte à bec
    .class = f
sound-pan-flute = flûte de Pan
    .class = f
sound-bagpipes = cornemuse
    .class = f
sound-synth-lead = synthétiseur solo
    .for = synthétiseur
    .title = synthétiseur
sound-synth-pad = nappe de synthétiseur
    .class = f
sound-synth = synthétiseur
sound-plucked = instrument à cordes pincées
    .with = un instrument à cordes pincées
sound-banjo = banjo
sound-mandolin = mandoline
    .class = f
sound-sitar = sitar
sound-koto = koto
sound-shamisen = shamisen
sound-oud = oud
sound-lute = luth
sound-zither = cithare
    .class = f
sound-ukulele = ukulélé
sound-theremin = thérémine
sound-orchestra = orchestre
    .piece = morceau d’orchestre
sound-turntables = platines
    .class = fp
sound-others = autres instruments
    .class = mp
    .with = d’autres instruments
sound-drums = batterie
    .class = f
sound-simple-drums = batterie sobre
    .class = f
sound-rock-drums = batterie rock
    .class = f
sound-jazz-drums = batterie jazz
    .class = f
sound-funk-drums = batterie funk
    .class = f
sound-electronic-beat = rythme électronique
sound-march-drums = tambours de marche
    .class = mp
sound-waltz-drums = batterie de valse
    .class = f
sound-latin-percussion = percussions latines
    .class = fp
sound-hand-drums = percussions à main
    .class = fp
sound-percussion = percussions
    .class = fp
sound-timpani = timbales
    .class = fp
sound-claps = claquements de mains
    .class = mp
sound-voice = voix
    .class = f
    .without = chant
sound-male-voice = voix d’homme
    .class = f
sound-female-voice = voix de femme
    .class = f
sound-choir = chœur
sound-children = voix d’enfants
    .class = fp
sound-rap = rap
    .class = um
sound-male-rap = rap masculin
    .class = um
sound-female-rap = rap féminin
    .class = um
sound-whistling = sifflement
sound-speech = voix parlée
    .class = f
sound-male-speech = voix parlée masculine
    .class = f
sound-female-speech = voix parlée féminine
    .class = f
sound-applause = applaudissements
    .class = mp
sound-noise = bruit
    .class = um
sound-white-noise = bruit blanc
    .class = um
sound-pink-noise = bruit rose
    .class = um
sound-rumble = grondement sourd
sound-tone = son électronique
sound-sound-effects = effets forts
    .class = mp

## Qualités

tempo-slow = lent
    .melody = lente
tempo-medium = modéré
    .attributive = au tempo modéré
    .melody = au tempo modéré
    .phrase = oui
tempo-fast = rapide
loudness-quiet = doux
    .melody = douce
    .become = plus doux
loudness-loud = au volume élevé
    .phrase = oui
    .become = plus fort
mood-calm = calme
mood-gentle = tendre
mood-dreamy = rêveur
    .melody = rêveuse
mood-relaxed = détendu
    .melody = détendue
mood-reflective = méditatif
    .melody = méditative
mood-lively = vif
    .melody = vive
mood-playful = enjoué
    .melody = enjouée
mood-groovy = entraînant
    .melody = entraînante
mood-energetic = énergique
mood-powerful = puissant
    .melody = puissante
mood-intense = intense
mood-aggressive = agressif
    .melody = agressive
mood-grand = majestueux
    .melody = majestueuse
mood-solemn = solennel
    .melody = solennelle
mood-dramatic = dramatique
mood-epic = épique
mood-bold = affirmé
    .melody = affirmée
mood-steady = fluide
mood-light = léger
    .melody = légère
mood-warm = chaleureux
    .melody = chaleureuse
mood-happy = joyeux
    .melody = joyeuse
mood-sad = triste
mood-emotional = émouvant
    .melody = émouvante
mood-nostalgic = nostalgique
mood-passionate = passionné
    .melody = passionnée
mood-romantic = romantique
mood-dark = sombre
mood-scary = inquiétant
    .melody = inquiétante
mood-tense = tendu
    .melody = tendue
mood-mysterious = mystérieux
    .melody = mystérieuse
mood-ethereal = éthéré
    .melody = éthérée
mood-hypnotic = hypnotique
mood-inspiring = inspirant
    .melody = inspirante

## Genres, après « passe »

genre-orchestral = à la musique orchestrale
    .piece = morceau orchestral
    .title = musique orchestrale
genre-classical = à la musique classique
    .piece = morceau classique
    .title = musique classique
genre-rock = au rock
    .piece = morceau de rock
    .title = rock
genre-hard-rock = au hard rock
    .piece = morceau de hard rock
    .title = hard rock
genre-metal = au metal
    .piece = morceau de metal
    .title = metal
genre-pop = à la pop
    .piece = morceau de pop
    .title = pop
genre-electropop = à l’électropop
    .piece = morceau d’électropop
    .title = électropop
genre-electronic = à la musique électronique
    .piece = morceau électronique
    .title = musique électronique
genre-jazz = au jazz
    .piece = morceau de jazz
    .title = jazz
genre-blues = au blues
    .piece = morceau de blues
    .title = blues
genre-folk = au folk
    .piece = morceau de folk
    .title = folk
genre-country = à la country
    .piece = morceau de country
    .title = country
genre-hip-hop = au hip-hop
    .piece = morceau de hip-hop
    .title = hip-hop
genre-reggae = au reggae
    .piece = morceau de reggae
    .title = reggae
genre-latin = à la musique latine
    .piece = morceau latin
    .title = musique latine
genre-ambient = à la musique ambiante
    .piece = morceau d’ambient
    .title = musique ambiante
genre-funk = au funk
    .piece = morceau de funk
    .title = funk
genre-gospel = au gospel
    .piece = morceau de gospel
    .title = gospel
genre-instrumental = à la musique instrumentale
    .piece = morceau instrumental
    .title = musique instrumentale
