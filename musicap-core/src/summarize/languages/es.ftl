### Español. «Pieza» y «canción» son femeninas: los adjetivos concuerdan con ellas.

## Nombres. `.class`: m, f con artículo (none = m); fa femenino con «el» (arpa); um, uf sin artículo;
## mp, fp plural.

noun-subject = { $kind ->
    [drums] { noun-the }
    [instrument] { $class ->
        [mp] los { $noun }
        [fp] las { $noun }
        [uf] la { $noun }
       *[other] { noun-by }
    }
   *[other] { noun-by }
}
noun-with = { $noun }
noun-by = { $class ->
    [f] una { $noun }
    [mp] { $noun }
    [fp] { $noun }
    [um] { $noun }
    [uf] { $noun }
   *[m] un { $noun }
}
noun-open = { $kind ->
    [drums] { noun-the }
   *[other] { noun-by }
}
noun-to = { noun-subject }
noun-the = { $class ->
    [f] la { $noun }
    [uf] la { $noun }
    [mp] los { $noun }
    [fp] las { $noun }
   *[m] el { $noun }
}
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } y { $b }
list-or = { $a } ni { $b }

## Adjetivos

qualities-more = { $a }, { $b }
qualities-attributive = { $a } y { $b }
qualities-phrase = { $a } { $b }
qualities-be = { $a } y { $b }
qualities-open = { $a } y { $b }
qualities-become = { $a } y { $b }

## El conjunto

piece = pieza
song = canción
instrumental = pieza instrumental
whole = una { $piece }
whole-qualities = una { $piece } { $qualities }
whole-for = { $whole } para { $noun }
whole-for-solo = { $whole } para { $noun } { $class ->
    [f] sola
    [fa] sola
    [uf] sola
    [mp] solos
    [fp] solas
   *[m] solo
}
whole-with = { $whole } con { $sounds }
whole-solo = { $whole } solo con { $sounds }
whole-without = { $whole }, sin { $sounds }
silent = la grabación es casi silenciosa
only = solo se { $number ->
    [one] oye
   *[other] oyen
} { $sounds }, sin música
opens-as = la grabación comienza como { $whole }
music-opens-as = en el minuto { $time } comienza la música como { $whole }
joined-by = { $whole }, a la que se { $number ->
    [one] suma
   *[other] suman
} { $sounds } en el minuto { $time }
at-times = a ratos se { $number ->
    [one] oye
   *[other] oyen
} { $sounds }
measured-tempo = el tempo es de unos { $bpm } BPM
measured-key = la tonalidad es { $key }
measured-both = el tempo es de unos { $bpm } BPM, la tonalidad es { $key }
key-major = { $tonic ->
    [C] do
    [Db] re bemol
    [D] re
    [Eb] mi bemol
    [E] mi
    [F] fa
    [Fs] fa sostenido
    [G] sol
    [Ab] la bemol
    [A] la
    [Bb] si bemol
   *[B] si
} mayor
key-minor = { $tonic ->
    [C] do
    [Db] do sostenido
    [D] re
    [Eb] mi bemol
    [E] mi
    [F] fa
    [Fs] fa sostenido
    [G] sol
    [Ab] sol sostenido
    [A] la
    [Bb] si bemol
   *[B] si
} menor
recording-live = es una grabación en directo
recording-poor = la calidad del sonido es mala
recording-lo-fi = el sonido es lo-fi
recording-vinyl = crepita como un disco de vinilo viejo
recording-tape = se oye el siseo de la cinta
recording-hum = se oye un zumbido grave
recording-phone = suena como una grabación telefónica
recording-overloaded = la grabación está saturada

## Pasajes: quién lleva la melodía y cómo acompañan los demás.

lead = { $class ->
    [mp] { $sounds-the }
    [fp] { $sounds-the }
    [um] { $sounds-the }
    [uf] { $sounds-the }
   *[m] { $sounds }
} { $verb ->
    [sing] { $number ->
        [one] canta
       *[other] cantan
    }
   *[play] { $number ->
        [one] toca
       *[other] tocan
    }
}{ $alone ->
    [no] {""}
   *[yes] {" "}{ $verb ->
        [sing] a capela
       *[play] en solitario
    }
} { $object }
object-melody = { $qualities ->
    [none] una melodía
   *[other] una melodía { $qualities }
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] una música { $qualities } en { $figure }
}
lead-over = { $lead } sobre { $manner }
lead-with = { $lead }, con acompañamiento de { $sounds }
lead-without = { $lead }, sin { $sounds }
whole-led = { $whole } con { $lead } al frente, acompañada de { $sounds }
manner = { $noun } ({ $manner })
manner-chords = acordes
    .quiet = acordes suaves
    .loud = acordes fuertes
manner-sustained = acordes mantenidos
    .quiet = acordes mantenidos y suaves
    .loud = acordes mantenidos y fuertes
manner-arpeggios = arpegios
    .quiet = arpegios suaves
    .loud = arpegios fuertes
played-chords = { $loudness ->
    [quiet] acordes suaves de { $noun }
    [loud] acordes fuertes de { $noun }
   *[none] acordes de { $noun }
}
    .class = mp
played-sustained = { $loudness ->
    [quiet] acordes suaves y mantenidos de { $noun }
    [loud] acordes fuertes y mantenidos de { $noun }
   *[none] acordes mantenidos de { $noun }
}
    .class = mp
played-arpeggios = { $loudness ->
    [quiet] arpegios suaves de { $noun }
    [loud] arpegios fuertes de { $noun }
   *[none] arpegios de { $noun }
}
    .class = mp

## El desarrollo

open = comienza con { $sounds }
open-qualities = { $kind ->
    [tempo] comienza a tempo { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] comienza de forma { $qualities }
}, con { $sounds }
open-also = comienza con { $sounds }
at-first = al principio { $kind ->
    [tempo] el tempo es { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] es { $qualities }
}
at-first-also = al principio { $kind ->
    [tempo] el tempo es { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] la música es { $qualities }
}
enter = en el minuto { $time } { $number ->
    [one] entra
   *[other] entran
} { $sounds }
enter-also = { $number ->
    [one] entra
   *[other] entran
} { $sounds }
enter-two = en el minuto { $time } se { $number ->
    [one] incorpora
   *[other] incorporan
} { $sounds }
band-returns = en el minuto { $time } vuelve la banda
return = en el minuto { $time } { $number ->
    [one] vuelve
   *[other] vuelven
} { $sounds }
return-also = { $number ->
    [one] vuelve
   *[other] vuelven
} { $sounds }
follow = en el minuto { $time } se { $number ->
    [one] oye
   *[other] oyen
} { $sounds }
follow-also = se { $number ->
    [one] oye
   *[other] oyen
} { $sounds }
drop = en el minuto { $time } solo { $number ->
    [one] queda
   *[other] quedan
} { $sounds }
drop-also = solo { $number ->
    [one] queda
   *[other] quedan
} { $sounds }
change = desde el minuto { $time } solo { $number ->
    [one] suena
   *[other] suenan
} { $sounds }
change-also = solo { $number ->
    [one] suena
   *[other] suenan
} { $sounds }
end = desde el minuto { $time } hasta el final ya solo { $number ->
    [one] suena
   *[other] suenan
} { $sounds }
end-also = hasta el final ya solo { $number ->
    [one] suena
   *[other] suenan
} { $sounds }
replace = en el minuto { $time } { $old } { $number ->
    [one] deja
   *[other] dejan
} paso a { $new }
replace-also = { $old } { $number ->
    [one] deja
   *[other] dejan
} paso a { $new }
stop = en el minuto { $time } { $number ->
    [one] deja
   *[other] dejan
} de sonar { $sounds }
stop-also = { $number ->
    [one] deja
   *[other] dejan
} de sonar { $sounds }
silence = en el minuto { $time } cesa la música
silence-also = cesa la música
turn = en el minuto { $time } { $step ->
    [slower] el tempo se ralentiza{ $kind ->
        [tempo] {""}
       *[mixed] {" "}y la música se vuelve { $moods }
    }
    [faster] el tempo se acelera{ $kind ->
        [tempo] {""}
       *[mixed] {" "}y la música se vuelve { $moods }
    }
   *[none] { $kind ->
        [tempo] el tempo pasa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        }
        [mixed] el tempo pasa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        } y la música se vuelve { $moods }
       *[mood] la música se vuelve { $qualities }
    }
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] el tempo se ralentiza
       *[mixed] la música, más lenta, se vuelve { $moods }
    }
    [faster] { $kind ->
        [tempo] el tempo se acelera
       *[mixed] la música, más rápida, se vuelve { $moods }
    }
   *[none] { $kind ->
        [tempo] el tempo pasa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        }
        [mixed] el tempo pasa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        } y la música se vuelve { $moods }
       *[mood] la música se vuelve { $qualities }
    }
}
genre = en el minuto { $time } la pieza pasa { $genre }
genre-also = la pieza pasa { $genre }

## Frases

clauses = { $first }, y { $second }
sentences = { $first }; { $second }
sentence = { $clause }.
outline = en resumen: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = en el minuto { $time }: «{ $text }» (texto original)
alone = de { $from } a { $to }: { $text }
no-captions = no hay descripciones
only-repetition = las descripciones no hacen más que repetirse
# Dos palabras que se escriben de otro modo una junto a otra; _ es un espacio.
contractions =
    a el_=al_
    de el_=del_
    y i=e i
    y hi=e hi
    ni ni=ni

## Títulos

title-alone = { $class ->
    [f] { $sound } sola
    [fa] { $sound } sola
    [mp] solo { $sound }
    [fp] solo { $sound }
    [um] solo { $sound }
    [uf] solo { $sound }
   *[m] { $sound } solo
}
title-band = banda completa
title-silence = silencio
title-music = música
title-qualities = { $title } (tempo { $qualities })


## Sonidos

sound-piano = piano
sound-electric-piano = piano eléctrico
sound-keyboard = teclado
sound-harpsichord = clavecín
sound-celesta = celesta
    .class = f
sound-music-box = caja de música
    .class = f
sound-mallets = percusión de láminas
    .class = uf
sound-vibraphone = vibráfono
sound-marimba = marimba
    .class = f
sound-xylophone = xilófono
sound-glockenspiel = glockenspiel
sound-chiming = instrumento con timbre de campana
    .with = un instrumento con timbre de campana
sound-kalimba = kalimba
    .class = f
sound-steelpan = tambor de acero
sound-bells = campanas
    .class = fp
sound-tubular-bells = campanas tubulares
    .class = fp
sound-organ = órgano
sound-church-organ = órgano de iglesia
sound-accordion = acordeón
sound-harmonica = armónica
    .class = f
sound-acoustic-guitar = guitarra acústica
    .class = f
sound-electric-guitar = guitarra eléctrica
    .class = f
sound-distorted-guitar = guitarra distorsionada
    .class = f
sound-guitar = guitarra
    .class = f
sound-bass = bajo
sound-electric-bass = bajo eléctrico
sound-synth-bass = bajo de sintetizador
sound-double-bass = contrabajo
sound-violin = violín
sound-viola = viola
    .class = f
sound-cello = violonchelo
sound-strings = cuerdas
    .class = fp
sound-bowed = instrumento de arco
    .with = un instrumento de arco
sound-pizzicato = cuerdas en pizzicato
    .class = fp
sound-harp = arpa
    .class = fa
sound-trumpet = trompeta
    .class = f
sound-muted-trumpet = trompeta con sordina
    .class = f
sound-trombone = trombón
sound-tuba = tuba
    .class = f
sound-french-horn = trompa
    .class = f
sound-brass = metales
    .class = mp
sound-saxophone = saxofón
sound-clarinet = clarinete
sound-oboe = oboe
sound-english-horn = corno inglés
sound-bassoon = fagot
sound-woodwind = maderas
    .class = fp
    .for = viento madera
sound-wind = instrumento de viento
    .with = un instrumento de viento
sound-flute = flauta
    .class = f
sound-piccolo = flautín
sound-recorder = flauta dulce
    .class = f
sound-pan-flute = flauta de pan
    .class = f
sound-bagpipes = gaita
    .class = f
sound-synth-lead = sintetizador solista
    .for = sintetizador
    .title = sintetizador
sound-synth-pad = pad de sintetizador
sound-synth = sintetizador
sound-plucked = instrumento de cuerda pulsada
    .with = un instrumento de cuerda pulsada
sound-banjo = banyo
sound-mandolin = mandolina
    .class = f
sound-sitar = sitar
sound-koto = koto
sound-shamisen = shamisen
sound-oud = ud
sound-lute = laúd
sound-zither = cítara
    .class = f
sound-ukulele = ukelele
sound-theremin = theremín
sound-orchestra = orquesta
    .class = f
    .piece = pieza de orquesta
sound-turntables = platos de DJ
    .class = mp
sound-others = otros instrumentos
    .class = mp
sound-drums = batería
    .class = f
sound-simple-drums = batería sencilla
    .class = f
sound-rock-drums = batería de rock
    .class = f
sound-jazz-drums = batería de jazz
    .class = f
sound-funk-drums = batería de funk
    .class = f
sound-electronic-beat = ritmo electrónico
sound-march-drums = tambores de marcha
    .class = mp
sound-waltz-drums = batería a ritmo de vals
    .class = f
sound-latin-percussion = percusión latina
    .class = uf
sound-hand-drums = percusión de mano
    .class = uf
sound-percussion = percusión
    .class = uf
sound-timpani = timbales
    .class = mp
sound-claps = palmas
    .class = fp
sound-voice = voz
    .class = f
    .without = voz
sound-male-voice = voz masculina
    .class = f
sound-female-voice = voz femenina
    .class = f
sound-choir = coro
sound-children = voces infantiles
    .class = fp
sound-rap = rap
sound-male-rap = rap masculino
sound-female-rap = rap femenino
sound-whistling = silbido
sound-speech = voz hablada
    .class = f
sound-male-speech = locución masculina
    .class = f
sound-female-speech = locución femenina
    .class = f
sound-applause = aplausos
    .class = mp
sound-noise = ruido
    .class = um
sound-white-noise = ruido blanco
    .class = um
sound-pink-noise = ruido rosa
    .class = um
sound-rumble = ruido grave
    .class = um
sound-tone = tono electrónico
sound-sound-effects = efectos de sonido
    .class = mp

## Cualidades

tempo-slow = lenta
    .title = lento
tempo-medium = moderada
    .attributive = de tempo moderado
    .melody = de tempo moderado
    .title = moderado
    .phrase = sí
tempo-fast = rápida
    .title = rápido
loudness-quiet = suave
    .become = más suave
loudness-loud = fuerte
    .attributive = de sonido fuerte
    .phrase = sí
    .melody = de sonido fuerte
    .become = más fuerte
mood-calm = tranquila
mood-gentle = dulce
mood-dreamy = soñadora
mood-relaxed = relajada
mood-reflective = reflexiva
mood-lively = animada
mood-playful = juguetona
mood-groovy = bailable
mood-energetic = enérgica
mood-powerful = poderosa
mood-intense = intensa
mood-aggressive = agresiva
mood-grand = majestuosa
mood-solemn = solemne
mood-dramatic = dramática
mood-epic = épica
mood-bold = decidida
mood-steady = fluida
mood-light = ligera
mood-warm = cálida
mood-happy = alegre
mood-sad = triste
mood-emotional = emotiva
mood-nostalgic = nostálgica
mood-passionate = apasionada
mood-romantic = romántica
mood-dark = oscura
mood-scary = inquietante
mood-tense = tensa
mood-mysterious = misteriosa
mood-ethereal = etérea
mood-hypnotic = hipnótica
mood-inspiring = inspiradora

## Géneros, tras «pasa»

genre-orchestral = a la música orquestal
    .piece = pieza orquestal
    .title = música orquestal
genre-classical = a la música clásica
    .piece = pieza clásica
    .title = música clásica
genre-rock = al rock
    .piece = pieza de rock
    .song = canción de rock
    .title = rock
genre-hard-rock = al hard rock
    .piece = pieza de hard rock
    .song = canción de hard rock
    .title = hard rock
genre-metal = al metal
    .piece = pieza de metal
    .song = canción de metal
    .title = metal
genre-pop = al pop
    .piece = pieza de pop
    .song = canción pop
    .title = pop
genre-electropop = al electropop
    .piece = pieza de electropop
    .song = canción de electropop
    .title = electropop
genre-electronic = a la música electrónica
    .piece = pieza electrónica
    .title = música electrónica
genre-jazz = al jazz
    .piece = pieza de jazz
    .song = canción de jazz
    .title = jazz
genre-blues = al blues
    .piece = pieza de blues
    .song = canción de blues
    .title = blues
genre-folk = al folk
    .piece = pieza de folk
    .song = canción folk
    .title = folk
genre-country = al country
    .piece = pieza de country
    .song = canción country
    .title = country
genre-hip-hop = al hip-hop
    .piece = pieza de hip-hop
    .title = hip-hop
genre-reggae = al reggae
    .piece = pieza de reggae
    .song = canción de reggae
    .title = reggae
genre-latin = a la música latina
    .piece = pieza latina
    .song = canción latina
    .title = música latina
genre-ambient = al ambient
    .piece = pieza ambient
    .title = música ambient
genre-funk = al funk
    .piece = pieza de funk
    .song = canción de funk
    .title = funk
genre-gospel = al góspel
    .piece = pieza de góspel
    .song = canción de góspel
    .title = góspel
genre-instrumental = a la música instrumental
    .piece = pieza instrumental
    .title = música instrumental
