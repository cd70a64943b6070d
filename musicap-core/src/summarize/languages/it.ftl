### Italiano. «Brano» è maschile: gli aggettivi si accordano con esso.

## Nomi. `.class`: m un/il (none), mz uno/lo, mv un/l’, f una/la, fv un’/l’; um, uf senza
## articolo indeterminativo; mp i, mvp gli, fp le.

noun-subject = { $kind ->
    [drums] { noun-the }
    [instrument] { $class ->
        [mp] i { $noun }
        [mvp] gli { $noun }
        [fp] le { $noun }
        [uf] la { $noun }
       *[other] { noun-by }
    }
   *[other] { noun-by }
}
noun-with = { $noun }
noun-by = { $class ->
    [mz] uno { $noun }
    [f] una { $noun }
    [fv] un’{ $noun }
    [mp] { $noun }
    [mvp] { $noun }
    [fp] { $noun }
    [um] { $noun }
    [uf] { $noun }
   *[m] un { $noun }
}
noun-open = { $kind ->
    [drums] { noun-the }
   *[other] { noun-by }
}
noun-to = a { noun-subject }
noun-the = { $class ->
    [mz] lo { $noun }
    [mv] l’{ $noun }
    [f] la { $noun }
    [uf] la { $noun }
    [fv] l’{ $noun }
    [mp] i { $noun }
    [mvp] gli { $noun }
    [fp] le { $noun }
   *[m] il { $noun }
}
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } e { $b }
list-or = { $a } né { $b }

## Aggettivi

qualities-more = { $a }, { $b }
qualities-attributive = { $a } e { $b }
qualities-phrase = { $a } { $b }
qualities-be = { $a } e { $b }
qualities-open = { $a } e { $b }
qualities-become = { $a } e { $b }

## L’insieme

piece = brano
song = brano cantato
instrumental = brano strumentale
whole = un { $piece }
whole-qualities = un { $piece } { $qualities }
whole-for = { $whole } per { $noun }
whole-for-solo = { $whole } per { $noun } { $class ->
    [f] sola
    [fv] sola
    [uf] sola
    [mp] soli
    [mvp] soli
    [fp] sole
   *[m] solo
}
whole-with = { $whole } con { $sounds }
whole-solo = { $whole } per { $class ->
    [f] sola
    [fv] sola
    [uf] sola
    [mp] soli
    [mvp] soli
    [fp] sole
   *[m] solo
} { $sounds }
whole-without = { $whole }, senza { $sounds }
silent = la registrazione è quasi silenziosa
only = si { $number ->
    [one] sente
   *[other] sentono
} solo { $sounds }, senza musica
opens-as = la registrazione si apre con { $whole }
music-opens-as = al minuto { $time } la musica si apre con { $whole }
joined-by = { $whole }, a cui si { $number ->
    [one] aggiunge
   *[other] aggiungono
} { $sounds } al minuto { $time }
at-times = a tratti si { $number ->
    [one] sente
   *[other] sentono
} { $sounds }
measured-tempo = il tempo è di circa { $bpm } BPM
measured-key = la tonalità è { $key }
measured-both = il tempo è di circa { $bpm } BPM, la tonalità è { $key }
key-major = { $tonic ->
    [C] do
    [Db] re bemolle
    [D] re
    [Eb] mi bemolle
    [E] mi
    [F] fa
    [Fs] fa diesis
    [G] sol
    [Ab] la bemolle
    [A] la
    [Bb] si bemolle
   *[B] si
} maggiore
key-minor = { $tonic ->
    [C] do
    [Db] do diesis
    [D] re
    [Eb] mi bemolle
    [E] mi
    [F] fa
    [Fs] fa diesis
    [G] sol
    [Ab] sol diesis
    [A] la
    [Bb] si bemolle
   *[B] si
} minore
recording-live = è una registrazione dal vivo
recording-poor = la qualità del suono è scarsa
recording-lo-fi = il suono è lo-fi
recording-vinyl = crepita come un vecchio vinile
recording-tape = si sente il fruscio del nastro
recording-hum = si sente un ronzio di fondo
recording-phone = sembra registrato con un telefono
recording-overloaded = la registrazione è distorta

## Passaggi: chi guida e come accompagnano gli altri. «Melodia» è femminile (`.melody`).

lead = { $class ->
    [mp] { $sounds-the }
    [mvp] { $sounds-the }
    [fp] { $sounds-the }
    [um] { $sounds-the }
    [uf] { $sounds-the }
   *[m] { $sounds }
} { $verb ->
    [sing] { $number ->
        [one] canta
       *[other] cantano
    }
   *[play] { $number ->
        [one] suona
       *[other] suonano
    }
}{ $alone ->
    [no] {""}
   *[yes] {" "}{ $verb ->
        [sing] a cappella
       *[play] { $class ->
            [f] da sola
            [fv] da sola
            [uf] da sola
            [mp] da soli
            [mvp] da soli
            [fp] da sole
           *[m] da solo
        }
    }
} { $object }
object-melody = { $qualities ->
    [none] una melodia
   *[other] una melodia { $qualities }
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] una musica { $qualities } in { $figure }
}
lead-over = { $lead } su { $manner }
lead-with = { $lead }, con accompagnamento di { $sounds }
lead-without = { $lead }, senza { $sounds }
whole-led = { $whole } con { $lead-with } in primo piano, insieme a { $sounds }
manner = { $noun } ({ $manner })
manner-chords = accordi
    .quiet = accordi sommessi
    .loud = accordi forti
manner-sustained = accordi tenuti
    .quiet = accordi tenuti e sommessi
    .loud = accordi tenuti e forti
manner-arpeggios = arpeggi
    .quiet = arpeggi sommessi
    .loud = arpeggi forti
played-chords = { $loudness ->
    [quiet] accordi sommessi di { $noun }
    [loud] accordi forti di { $noun }
   *[none] accordi di { $noun }
}
    .class = mp
played-sustained = { $loudness ->
    [quiet] accordi sommessi e tenuti di { $noun }
    [loud] accordi forti e tenuti di { $noun }
   *[none] accordi tenuti di { $noun }
}
    .class = mp
played-arpeggios = { $loudness ->
    [quiet] arpeggi sommessi di { $noun }
    [loud] arpeggi forti di { $noun }
   *[none] arpeggi di { $noun }
}
    .class = mp

## Lo svolgimento

open = inizia con { $sounds }
open-qualities = { $kind ->
    [tempo] si apre a tempo { $tempo ->
        [slow] lento
        [medium] moderato
       *[fast] veloce
    }
   *[mood] si apre in modo { $qualities }
}, con { $sounds }
open-also = inizia con { $sounds }
at-first = all’inizio { $kind ->
    [tempo] il tempo è { $tempo ->
        [slow] lento
        [medium] moderato
       *[fast] veloce
    }
   *[mood] è { $qualities }
}
at-first-also = all’inizio { $kind ->
    [tempo] il tempo è { $tempo ->
        [slow] lento
        [medium] moderato
       *[fast] veloce
    }
   *[mood] il brano è { $qualities }
}
enter = al minuto { $time } { $number ->
    [one] entra
   *[other] entrano
} { $sounds }
enter-also = { $number ->
    [one] entra
   *[other] entrano
} { $sounds }
enter-two = al minuto { $time } si { $number ->
    [one] aggiunge
   *[other] aggiungono
} { $sounds }
band-returns = al minuto { $time } torna la band
return = al minuto { $time } { $number ->
    [one] torna
   *[other] tornano
} { $sounds }
return-also = { $number ->
    [one] torna
   *[other] tornano
} { $sounds }
follow = al minuto { $time } si { $number ->
    [one] sente
   *[other] sentono
} { $sounds }
follow-also = si { $number ->
    [one] sente
   *[other] sentono
} { $sounds }
drop = al minuto { $time } { $number ->
    [one] resta
   *[other] restano
} solo { $sounds }
drop-also = { $number ->
    [one] resta
   *[other] restano
} solo { $sounds }
change = dal minuto { $time } { $number ->
    [one] suona
   *[other] suonano
} solo { $sounds }
change-also = { $number ->
    [one] suona
   *[other] suonano
} solo { $sounds }
end = dal minuto { $time } fino alla fine { $number ->
    [one] suona
   *[other] suonano
} solo { $sounds }
end-also = fino alla fine { $number ->
    [one] suona
   *[other] suonano
} solo { $sounds }
replace = al minuto { $time } { $old } { $number ->
    [one] lascia
   *[other] lasciano
} il posto { $new }
replace-also = { $old } { $number ->
    [one] lascia
   *[other] lasciano
} il posto { $new }
stop = al minuto { $time } { $number ->
    [one] tace
   *[other] tacciono
} { $sounds }
stop-also = { $number ->
    [one] tace
   *[other] tacciono
} { $sounds }
silence = al minuto { $time } la musica si ferma
silence-also = la musica si ferma
turn = al minuto { $time } { $step ->
    [slower] il tempo rallenta{ $kind ->
        [tempo] {""}
       *[mixed] {" "}e il brano diventa { $moods }
    }
    [faster] il tempo accelera{ $kind ->
        [tempo] {""}
       *[mixed] {" "}e il brano diventa { $moods }
    }
   *[none] { $kind ->
        [tempo] il tempo diventa { $tempo ->
            [slow] lento
            [medium] moderato
           *[fast] veloce
        }
        [mixed] il tempo diventa { $tempo ->
            [slow] lento
            [medium] moderato
           *[fast] veloce
        } e il brano { $moods }
       *[mood] il brano diventa { $qualities }
    }
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] il tempo rallenta
       *[mixed] il brano, più lento, diventa { $moods }
    }
    [faster] { $kind ->
        [tempo] il tempo accelera
       *[mixed] il brano, più veloce, diventa { $moods }
    }
   *[none] { $kind ->
        [tempo] il tempo diventa { $tempo ->
            [slow] lento
            [medium] moderato
           *[fast] veloce
        }
        [mixed] il tempo diventa { $tempo ->
            [slow] lento
            [medium] moderato
           *[fast] veloce
        } e il brano { $moods }
       *[mood] il brano diventa { $qualities }
    }
}
genre = al minuto { $time } il brano passa { $genre }
genre-also = si passa { $genre }

## Frasi

clauses = { $first }, e { $second }
sentences = { $first }; { $second }
sentence = { $clause }.
outline = in sintesi: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = al minuto { $time }: «{ $text }» (testo originale)
alone = da { $from } a { $to }: { $text }
no-captions = non ci sono descrizioni
only-repetition = le descrizioni non fanno che ripetersi
# Due parole che si scrivono diversamente una accanto all’altra; _ è uno spazio.
contractions =
    a a=ad a
    di arpa=d’arpa
    di archi=d’archi
    di organo=d’organo
    a i_=ai_
    a gli_=agli_
    a le_=alle_
    a la_=alla_
    a il_=al_
    a lo_=allo_
    a l’=all’
    e e=ed e
    e è=ed è

## Titoli

title-alone = { $class ->
    [f] { $sound } sola
    [fv] { $sound } sola
    [mp] solo { $sound }
    [mvp] solo { $sound }
    [fp] solo { $sound }
    [um] solo { $sound }
    [uf] solo { $sound }
   *[m] { $sound } solo
}
title-band = band al completo
title-silence = silenzio
title-music = musica
title-qualities = { $title } (tempo { $qualities })


## Suoni

sound-piano = pianoforte
sound-electric-piano = piano elettrico
sound-keyboard = tastiera
    .class = f
sound-harpsichord = clavicembalo
sound-celesta = celesta
    .class = f
sound-music-box = carillon
sound-mallets = percussioni a tastiera
    .class = fp
sound-vibraphone = vibrafono
sound-marimba = marimba
    .class = f
sound-xylophone = xilofono
    .class = mz
sound-glockenspiel = glockenspiel
sound-chiming = strumento dal suono di campana
    .class = mz
    .with = uno strumento dal suono di campana
sound-kalimba = kalimba
    .class = f
sound-steelpan = steelpan
    .class = mz
sound-bells = campane
    .class = fp
sound-tubular-bells = campane tubolari
    .class = fp
sound-organ = organo
    .class = mv
sound-church-organ = organo da chiesa
    .class = mv
sound-accordion = fisarmonica
    .class = f
sound-harmonica = armonica
    .class = fv
sound-acoustic-guitar = chitarra acustica
    .class = f
sound-electric-guitar = chitarra elettrica
    .class = f
sound-distorted-guitar = chitarra distorta
    .class = f
sound-guitar = chitarra
    .class = f
sound-bass = basso
sound-electric-bass = basso elettrico
sound-synth-bass = basso sintetico
sound-double-bass = contrabbasso
sound-violin = violino
sound-viola = viola
    .class = f
sound-cello = violoncello
sound-strings = archi
    .class = mvp
sound-bowed = strumento ad arco
    .with = uno strumento ad arco
    .class = mz
sound-pizzicato = archi pizzicati
    .class = mvp
sound-harp = arpa
    .class = fv
sound-trumpet = tromba
    .class = f
sound-muted-trumpet = tromba con sordina
    .class = f
sound-trombone = trombone
sound-tuba = tuba
    .class = f
sound-french-horn = corno
sound-brass = ottoni
    .class = mvp
sound-saxophone = sassofono
sound-clarinet = clarinetto
sound-oboe = oboe
    .class = mv
sound-english-horn = corno inglese
sound-bassoon = fagotto
sound-woodwind = legni
    .class = mp
sound-wind = strumento a fiato
    .with = uno strumento a fiato
    .class = mz
sound-flute = flauto
sound-piccolo = ottavino
    .class = mv
sound-recorder = flauto dolce
sound-pan-flute = flauto di Pan
sound-bagpipes = cornamusa
    .class = f
sound-synth-lead = sintetizzatore solista
    .for = sintetizzatore
    .title = sintetizzatore
sound-synth-pad = tappeto di sintetizzatore
sound-synth = sintetizzatore
sound-plucked = strumento a pizzico
    .with = uno strumento a pizzico
    .class = mz
sound-banjo = banjo
sound-mandolin = mandolino
sound-sitar = sitar
sound-koto = koto
sound-shamisen = shamisen
    .class = mz
sound-oud = oud
    .class = mv
sound-lute = liuto
sound-zither = cetra
    .class = f
sound-ukulele = ukulele
    .class = mv
sound-theremin = theremin
sound-orchestra = orchestra
    .class = fv
    .piece = brano orchestrale
sound-turntables = giradischi da DJ
    .class = mp
sound-others = altri strumenti
    .class = mvp
sound-drums = batteria
    .class = f
sound-simple-drums = batteria essenziale
    .class = f
sound-rock-drums = batteria rock
    .class = f
sound-jazz-drums = batteria jazz
    .class = f
sound-funk-drums = batteria funk
    .class = f
sound-electronic-beat = ritmo elettronico
sound-march-drums = tamburi da marcia
    .class = mp
sound-waltz-drums = batteria a tempo di valzer
    .class = f
sound-latin-percussion = percussioni latine
    .class = fp
sound-hand-drums = tamburi a mano
    .class = mp
sound-percussion = percussioni
    .class = fp
sound-timpani = timpani
    .class = mp
sound-claps = battiti di mani
    .class = mp
sound-voice = voce
    .class = f
    .without = voce
sound-male-voice = voce maschile
    .class = f
sound-female-voice = voce femminile
    .class = f
sound-choir = coro
sound-children = voci bianche
    .class = fp
sound-rap = rap
sound-male-rap = rap maschile
sound-female-rap = rap femminile
sound-whistling = fischio
sound-speech = parlato
    .class = um
sound-male-speech = voce maschile parlata
    .class = f
sound-female-speech = voce femminile parlata
    .class = f
sound-applause = applausi
    .class = mvp
sound-noise = rumore
    .class = um
sound-white-noise = rumore bianco
    .class = um
sound-pink-noise = rumore rosa
    .class = um
sound-rumble = rumore cupo
    .class = um
sound-tone = suono elettronico
sound-sound-effects = effetti sonori
    .class = mvp

## Qualità

tempo-slow = lento
    .melody = lenta
tempo-medium = moderato
    .attributive = a tempo moderato
    .melody = a tempo moderato
    .phrase = sì
tempo-fast = veloce
loudness-quiet = sommesso
    .melody = sommessa
    .become = più sommesso
loudness-loud = forte
    .become = più forte
mood-calm = calmo
    .melody = calma
mood-gentle = dolce
mood-dreamy = sognante
mood-relaxed = rilassato
    .melody = rilassata
mood-reflective = riflessivo
    .melody = riflessiva
mood-lively = vivace
mood-playful = giocoso
    .melody = giocosa
mood-groovy = ballabile
mood-energetic = energico
    .melody = energica
mood-powerful = potente
mood-intense = intenso
    .melody = intensa
mood-aggressive = aggressivo
    .melody = aggressiva
mood-grand = maestoso
    .melody = maestosa
mood-solemn = solenne
mood-dramatic = drammatico
    .melody = drammatica
mood-epic = epico
    .melody = epica
mood-bold = deciso
    .melody = decisa
mood-steady = scorrevole
mood-light = leggero
    .melody = leggera
mood-warm = caldo
    .melody = calda
mood-happy = allegro
    .melody = allegra
mood-sad = triste
mood-emotional = commovente
mood-nostalgic = nostalgico
    .melody = nostalgica
mood-passionate = appassionato
    .melody = appassionata
mood-romantic = romantico
    .melody = romantica
mood-dark = cupo
    .melody = cupa
mood-scary = inquietante
mood-tense = teso
    .melody = tesa
mood-mysterious = misterioso
    .melody = misteriosa
mood-ethereal = etereo
    .melody = eterea
mood-hypnotic = ipnotico
    .melody = ipnotica
mood-inspiring = incoraggiante

## Generi, dopo «passa»

genre-orchestral = alla musica orchestrale
    .piece = brano orchestrale
    .title = musica orchestrale
genre-classical = alla musica classica
    .piece = brano classico
    .title = musica classica
genre-rock = al rock
    .piece = brano rock
    .title = rock
genre-hard-rock = all’hard rock
    .piece = brano hard rock
    .title = hard rock
genre-metal = al metal
    .piece = brano metal
    .title = metal
genre-pop = al pop
    .piece = brano pop
    .title = pop
genre-electropop = all’electropop
    .piece = brano electropop
    .title = electropop
genre-electronic = alla musica elettronica
    .piece = brano elettronico
    .title = musica elettronica
genre-jazz = al jazz
    .piece = brano jazz
    .title = jazz
genre-blues = al blues
    .piece = brano blues
    .title = blues
genre-folk = al folk
    .piece = brano folk
    .title = folk
genre-country = al country
    .piece = brano country
    .title = country
genre-hip-hop = all’hip-hop
    .piece = brano hip-hop
    .title = hip-hop
genre-reggae = al reggae
    .piece = brano reggae
    .title = reggae
genre-latin = alla musica latina
    .piece = brano latino
    .title = musica latina
genre-ambient = alla musica ambient
    .piece = brano ambient
    .title = musica ambient
genre-funk = al funk
    .piece = brano funk
    .title = funk
genre-gospel = al gospel
    .piece = brano gospel
    .title = gospel
genre-instrumental = alla musica strumentale
    .piece = brano strumentale
    .title = musica strumentale
