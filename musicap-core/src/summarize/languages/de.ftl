### Deutsch. „Stück“ und „Lied“ sind sächlich: danach richten sich Artikel und Adjektive.

## Substantive. `.class`: m, f, n mit Artikel (none = n); um, uf, un ohne (Schlagzeug); p Mehrzahl.
## `.with` ist der Dativ ohne Artikel, `.to` und `.open` der nach einem Artikel, wo er anders lautet;
## `.of` das Bestimmungswort einer Zusammensetzung („Gitarren“ in „Gitarrenakkorde“).

noun-subject = { $class ->
    [m] ein { $noun }
    [f] eine { $noun }
    [um] { $noun }
    [uf] { $noun }
    [un] { $noun }
    [p] { $noun }
   *[n] ein { $noun }
}
noun-with = { $noun }
noun-by = { noun-subject }
noun-to = { $class ->
    [m] einem { $noun }
    [f] einer { $noun }
    [um] { $noun }
    [uf] { $noun }
    [un] { $noun }
    [p] { $noun }
   *[n] einem { $noun }
}
noun-open = { noun-to }
noun-the = { $class ->
    [m] der { $noun }
    [um] der { $noun }
    [f] die { $noun }
    [uf] die { $noun }
    [p] die { $noun }
   *[n] das { $noun }
}
noun-the-listed = { $noun }
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } und { $b }
list-or = { $a } und { $b }

## Adjektive

adjective-attributive = { $adjective }es
qualities-more = { $a }, { $b }
qualities-attributive = { $a }, { $b }
qualities-be = { $a } und { $b }
qualities-open = { $a } und { $b }
qualities-become = { $a } und { $b }

## Das Ganze

piece = Stück
song = Lied
instrumental = Instrumentalstück
piece-for = Stück für { $noun }
piece-solo = { $class ->
    [p] Stück für { $noun } ohne Begleitung
   *[other] Stück für { $noun } solo
}
whole = ein { $piece }
whole-qualities = ein { $qualities } { $piece }
whole-with = { $whole } mit { $sounds }
whole-solo = { $whole } nur mit { $sounds }
whole-without = { $whole }, ohne { $sounds }
silent = die Aufnahme ist fast still
only = es { $number ->
    [one] ist
   *[other] sind
} nur { $sounds } zu hören, keine Musik
opens-as = die Aufnahme beginnt als { $whole }
music-opens-as = bei { $time } beginnt die Musik als { $whole }
joined-by = { $whole }, zu dem bei { $time } { $sounds } { $number ->
    [one] hinzukommt
   *[other] hinzukommen
}
at-times = zeitweise { $number ->
    [one] ist
   *[other] sind
} { $sounds } zu hören
measured-tempo = das Tempo beträgt etwa { $bpm } BPM
measured-key = die Tonart ist { $key }
measured-both = das Tempo beträgt etwa { $bpm } BPM, die Tonart ist { $key }
key-major = { $tonic ->
    [C] C
    [Db] Des
    [D] D
    [Eb] Es
    [E] E
    [F] F
    [Fs] Fis
    [G] G
    [Ab] As
    [A] A
    [Bb] B
   *[B] H
}-Dur
key-minor = { $tonic ->
    [C] c
    [Db] cis
    [D] d
    [Eb] es
    [E] e
    [F] f
    [Fs] fis
    [G] g
    [Ab] gis
    [A] a
    [Bb] b
   *[B] h
}-Moll
recording-live = es ist eine Liveaufnahme
recording-poor = die Tonqualität ist schlecht
recording-lo-fi = die Aufnahme klingt nach Lo-Fi
recording-vinyl = es knistert wie eine alte Schallplatte
recording-tape = es ist Bandrauschen zu hören
recording-hum = es ist ein tiefes Brummen zu hören
recording-phone = es klingt wie mit dem Telefon aufgenommen
recording-overloaded = die Aufnahme ist übersteuert

## Einzelne Abschnitte: wer führt und wie die anderen begleiten. „Melodie“ ist weiblich.

adjective-melody = { $adjective }e
lead = { $sounds } { $verb ->
    [sing] { $number ->
        [one] singt
       *[other] singen
    }
   *[play] { $number ->
        [one] spielt
       *[other] spielen
    }
}{ $alone ->
    [no] {""}
   *[yes] {" "}{ $verb ->
        [sing] a cappella
       *[play] { $sound ->
            [orchestra] allein
           *[other] { $number ->
                [one] solo
               *[other] allein
            }
        }
    }
} { $object }
object-melody = { $qualities ->
    [none] eine Melodie
   *[other] eine { $qualities } Melodie
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] { $qualities } { $figure }
}
lead-over = { $lead } über { $manner }
lead-with = { $lead }, begleitet von { $number ->
    [one] { $sounds-to }
   *[other] { $sounds }
}
lead-without = { $lead }, ohne { $sounds }
whole-led = { $whole } mit { $lead-with } im Vordergrund, dazu { $sounds-subject }
manner = { $noun } ({ $manner })
manner-chords = Akkorde
    .over = Akkorden
    .quiet = leise Akkorde
    .loud = laute Akkorde
manner-sustained = gehaltene Akkorde
    .over = gehaltenen Akkorden
    .quiet = leise gehaltene Akkorde
    .loud = laute gehaltene Akkorde
manner-arpeggios = Arpeggien
    .quiet = leise Arpeggien
    .loud = laute Arpeggien
played-chords = { $loudness ->
    [quiet] { $form ->
        [with] leisen { $noun }akkorden
        [open] leisen { $noun }akkorden
       *[subject] leise { $noun }akkorde
    }
    [loud] { $form ->
        [with] lauten { $noun }akkorden
        [open] lauten { $noun }akkorden
       *[subject] laute { $noun }akkorde
    }
   *[none] { $form ->
        [with] { $noun }akkorden
        [open] { $noun }akkorden
       *[subject] { $noun }akkorde
    }
}
    .class = p
played-sustained = { $loudness ->
    [quiet] { $form ->
        [with] leisen gehaltenen { $noun }akkorden
        [open] leisen gehaltenen { $noun }akkorden
       *[subject] leise gehaltene { $noun }akkorde
    }
    [loud] { $form ->
        [with] lauten gehaltenen { $noun }akkorden
        [open] lauten gehaltenen { $noun }akkorden
       *[subject] laute gehaltene { $noun }akkorde
    }
   *[none] { $form ->
        [with] gehaltenen { $noun }akkorden
        [open] gehaltenen { $noun }akkorden
       *[subject] gehaltene { $noun }akkorde
    }
}
    .class = p
played-arpeggios = { $loudness ->
    [quiet] { $form ->
        [with] leisen { $noun }arpeggien
        [open] leisen { $noun }arpeggien
       *[subject] leise { $noun }arpeggien
    }
    [loud] { $form ->
        [with] lauten { $noun }arpeggien
        [open] lauten { $noun }arpeggien
       *[subject] laute { $noun }arpeggien
    }
   *[none] { $form ->
        [with] { $noun }arpeggien
        [open] { $noun }arpeggien
       *[subject] { $noun }arpeggien
    }
}
    .class = p

## Der Verlauf

open = es beginnt mit { $sounds }
open-qualities = es beginnt { $qualities } mit { $sounds }
open-also = es beginnt mit { $sounds }
at-first = anfangs ist es { $qualities }
at-first-also = zunächst ist die Musik { $qualities }
enter = bei { $time } { $number ->
    [one] setzt
   *[other] setzen
} { $sounds } ein
enter-also = { $sounds } { $number ->
    [one] setzt
   *[other] setzen
} ein
enter-two = bei { $time } { $number ->
    [one] kommt
   *[other] kommen
} { $sounds } hinzu
band-returns = bei { $time } setzt die Band wieder ein
return = bei { $time } { $number ->
    [one] setzt
   *[other] setzen
} { $sounds } wieder ein
return-also = { $sounds } { $number ->
    [one] setzt
   *[other] setzen
} wieder ein
follow = bei { $time } { $number ->
    [one] folgt
   *[other] folgen
} { $sounds }
follow-also = es { $number ->
    [one] folgt
   *[other] folgen
} { $sounds }
drop = ab { $time } { $number ->
    [one] bleibt
   *[other] bleiben
} nur { $sounds }
drop-also = es { $number ->
    [one] bleibt
   *[other] bleiben
} nur { $sounds }
change = ab { $time } { $number ->
    [one] ist
   *[other] sind
} nur { $sounds } zu hören
change-also = es { $number ->
    [one] ist
   *[other] sind
} nur { $sounds } zu hören
end = von { $time } bis zum Schluss { $number ->
    [one] ist
   *[other] sind
} nur noch { $sounds } zu hören
end-also = bis zum Schluss { $number ->
    [one] ist
   *[other] sind
} nur noch { $sounds } zu hören
replace = bei { $time } { $number ->
    [one] wird
   *[other] werden
} { $old } von { $new } abgelöst
replace-also = { $old } { $number ->
    [one] wird
   *[other] werden
} von { $new } abgelöst
stop = bei { $time } { $number ->
    [one] setzt
   *[other] setzen
} { $sounds } aus
stop-also = { $sounds } { $number ->
    [one] setzt
   *[other] setzen
} aus
silence = bei { $time } verstummt die Musik
silence-also = die Musik verstummt
turn = bei { $time } { $step ->
    [slower] wird die Musik langsamer{ $kind ->
        [tempo] {""}
       *[mixed] {" "}und { $moods }
    }
    [faster] wird die Musik schneller{ $kind ->
        [tempo] {""}
       *[mixed] {" "}und { $moods }
    }
   *[none] wird die Musik { $qualities }
}
turn-also = { $step ->
    [slower] die Musik wird langsamer{ $kind ->
        [tempo] {""}
       *[mixed] {" "}und { $moods }
    }
    [faster] die Musik wird schneller{ $kind ->
        [tempo] {""}
       *[mixed] {" "}und { $moods }
    }
   *[none] die Musik wird { $qualities }
}
genre = bei { $time } wechselt das Stück zu { $genre }
genre-also = das Stück wechselt zu { $genre }

## Sätze

clauses = { $first }, und { $second }
sentences = { $first }; { $second }
sentence = { $clause }.
outline = im Überblick: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = bei { $time }: „{ $text }“ (Original)
alone = { $from } bis { $to }: { $text }
no-captions = es gibt keine Beschreibungen
only-repetition = die Beschreibungen wiederholen sich nur
# Was zusammentrifft und anders geschrieben wird: am Anfang von Wörtern, nach ~ auch darin; _ ist
# ein Leerzeichen.
contractions =
    als ein_=als_
    ~-akkorde=-Akkorde
    ~-arpeggien=-Arpeggien

## Titel

title-alone = { $sound } allein
title-band = ganze Band
title-silence = Stille
title-music = Musik
title-qualities = { $title }, { $qualities }

## Klänge

sound-piano = Klavier
    .piece = Klavierstück
    .of = Klavier
sound-electric-piano = E-Piano
    .of = E-Piano-
sound-keyboard = Keyboard
    .of = Keyboard-
sound-harpsichord = Cembalo
    .piece = Cembalostück
    .of = Cembalo
sound-celesta = Celesta
    .class = f
    .of = Celesta
sound-music-box = Spieluhr
    .class = f
    .of = Spieluhr
sound-mallets = Stabspiel
    .of = Stabspiel
sound-vibraphone = Vibraphon
    .of = Vibraphon
sound-marimba = Marimba
    .class = f
    .of = Marimba
sound-xylophone = Xylophon
    .of = Xylophon
sound-glockenspiel = Glockenspiel
    .of = Glockenspiel
sound-chiming = glockenartiges Instrument
    .with = einem glockenartigen Instrument
    .open = glockenartigen Instrument
    .the = glockenartige Instrument
    .of = Glocken
    .to = glockenartigen Instrument
sound-kalimba = Kalimba
    .class = f
    .of = Kalimba
sound-steelpan = Steelpan
    .class = f
    .of = Steelpan-
sound-bells = Glocken
    .class = p
    .of = Glocken
sound-tubular-bells = Röhrenglocken
    .class = p
    .of = Röhrenglocken
sound-organ = Orgel
    .class = f
    .piece = Orgelstück
    .of = Orgel
sound-church-organ = Kirchenorgel
    .class = f
    .of = Kirchenorgel
sound-accordion = Akkordeon
    .piece = Akkordeonstück
    .of = Akkordeon
sound-harmonica = Mundharmonika
    .class = f
    .of = Mundharmonika
sound-acoustic-guitar = akustische Gitarre
    .class = f
    .with = akustischer Gitarre
    .open = akustischen Gitarre
    .of = Akustikgitarren
    .to = akustischen Gitarre
sound-electric-guitar = E-Gitarre
    .class = f
    .of = E-Gitarren-
sound-distorted-guitar = verzerrte E-Gitarre
    .class = f
    .with = verzerrter E-Gitarre
    .open = verzerrten E-Gitarre
    .of = verzerrte E-Gitarren-
    .of-with = verzerrten E-Gitarren-
    .of-open = verzerrten E-Gitarren-
    .to = verzerrten E-Gitarre
sound-guitar = Gitarre
    .class = f
    .piece = Gitarrenstück
    .of = Gitarren
sound-bass = Bass
    .class = m
    .of = Bass
sound-electric-bass = E-Bass
    .class = m
    .of = E-Bass-
sound-synth-bass = Synthesizer-Bass
    .class = m
    .of = Synthesizer-Bass-
sound-double-bass = Kontrabass
    .class = m
    .of = Kontrabass
sound-violin = Geige
    .class = f
    .piece = Geigenstück
    .of = Geigen
sound-viola = Bratsche
    .class = f
    .of = Bratschen
sound-cello = Cello
    .piece = Cellostück
    .of = Cello
sound-strings = Streicher
    .class = p
    .with = Streichern
    .open = Streichern
    .of = Streicher
    .to = Streichern
sound-bowed = Streichinstrument
    .with = einem Streichinstrument
    .of = Streicher
sound-pizzicato = Pizzicato-Streicher
    .class = p
    .with = Pizzicato-Streichern
    .open = Pizzicato-Streichern
    .of = Pizzicato
    .to = Pizzicato-Streichern
sound-harp = Harfe
    .class = f
    .piece = Harfenstück
    .of = Harfen
sound-trumpet = Trompete
    .class = f
    .of = Trompeten
sound-muted-trumpet = gedämpfte Trompete
    .class = f
    .with = gedämpfter Trompete
    .open = gedämpften Trompete
    .of = gedämpfte Trompeten
    .of-with = gedämpften Trompeten
    .of-open = gedämpften Trompeten
    .to = gedämpften Trompete
sound-trombone = Posaune
    .class = f
    .of = Posaunen
sound-tuba = Tuba
    .class = f
    .of = Tuba
sound-french-horn = Horn
    .of = Horn
sound-brass = Blechbläser
    .class = p
    .with = Blechbläsern
    .open = Blechbläsern
    .of = Blechbläser
    .to = Blechbläsern
sound-saxophone = Saxophon
    .of = Saxophon
sound-clarinet = Klarinette
    .class = f
    .of = Klarinetten
sound-oboe = Oboe
    .class = f
    .of = Oboen
sound-english-horn = Englischhorn
    .of = Englischhorn
sound-bassoon = Fagott
    .of = Fagott
sound-woodwind = Holzbläser
    .class = p
    .with = Holzbläsern
    .open = Holzbläsern
    .of = Holzbläser
    .to = Holzbläsern
sound-wind = Blasinstrument
    .with = einem Blasinstrument
    .of = Bläser
sound-flute = Flöte
    .class = f
    .piece = Flötenstück
    .of = Flöten
sound-piccolo = Piccoloflöte
    .class = f
    .of = Piccoloflöten
sound-recorder = Blockflöte
    .class = f
    .of = Blockflöten
sound-pan-flute = Panflöte
    .class = f
    .of = Panflöten
sound-bagpipes = Dudelsack
    .class = m
    .of = Dudelsack
sound-synth-lead = Lead-Synthesizer
    .class = m
    .of = Lead-Synthesizer-
sound-synth-pad = Synthesizer-Fläche
    .class = f
    .of = Synthesizer-Flächen-
sound-synth = Synthesizer
    .class = m
    .of = Synthesizer-
sound-plucked = Zupfinstrument
    .with = einem Zupfinstrument
    .of = Zupfinstrument-
sound-banjo = Banjo
    .of = Banjo
sound-mandolin = Mandoline
    .class = f
    .of = Mandolinen
sound-sitar = Sitar
    .class = f
    .of = Sitar
sound-koto = Koto
    .class = f
    .of = Koto
sound-shamisen = Shamisen
    .class = f
    .of = Shamisen-
sound-oud = Oud
    .class = f
    .of = Oud-
sound-lute = Laute
    .class = f
    .of = Lauten
sound-zither = Zither
    .class = f
    .of = Zither
sound-ukulele = Ukulele
    .class = f
    .of = Ukulele-
sound-theremin = Theremin
    .of = Theremin-
sound-orchestra = Orchester
    .piece = Orchesterstück
    .of = Orchester
sound-turntables = Turntables
    .class = p
    .of = Turntables-
sound-others = andere Instrumente
    .class = p
    .with = anderen Instrumenten
    .open = anderen Instrumenten
    .the = anderen Instrumente
    .of = andere Instrumente-
    .to = anderen Instrumenten
sound-drums = Schlagzeug
    .class = un
    .of = Schlagzeug-
sound-simple-drums = schlichtes Schlagzeug
    .class = un
    .with = schlichtem Schlagzeug
    .open = schlichtem Schlagzeug
    .the = schlichte Schlagzeug
    .without = schlichtes Schlagzeug
    .of = schlichtes Schlagzeug-
    .to = schlichtem Schlagzeug
sound-rock-drums = Rockschlagzeug
    .class = un
    .of = Rockschlagzeug-
sound-jazz-drums = Jazzschlagzeug
    .class = un
    .of = Jazzschlagzeug-
sound-funk-drums = Funkschlagzeug
    .class = un
    .of = Funkschlagzeug-
sound-electronic-beat = elektronischer Beat
    .class = m
    .of = Dance-Beat-
    .with = elektronischem Beat
    .to = elektronischen Beat
    .open = elektronischen Beat
    .the = elektronische Beat
    .without = elektronischen Beat
sound-march-drums = Marschtrommeln
    .class = p
    .of = Marschtrommeln-
sound-waltz-drums = Schlagzeug im Walzertakt
    .class = un
    .of = Schlagzeug im Walzertakt-
sound-latin-percussion = Latin-Percussion
    .class = uf
    .of = Latin-Percussion-
sound-hand-drums = Handtrommeln
    .class = p
    .of = Handtrommeln-
sound-percussion = Percussion
    .class = uf
    .of = Percussion-
sound-timpani = Pauken
    .class = p
    .of = Pauken-
sound-claps = Händeklatschen
    .class = un
    .of = Händeklatschen-
sound-voice = Gesangsstimme
    .class = f
    .without = Gesang
    .of = Gesangs
sound-male-voice = Männerstimme
    .class = f
    .of = Männerstimme-
sound-female-voice = Frauenstimme
    .class = f
    .of = Frauenstimme-
sound-choir = Chor
    .class = m
    .of = Chor
sound-children = Kinderstimmen
    .class = p
    .of = Kinderstimmen-
sound-rap = Rap
    .class = um
    .of = Rap-
sound-male-rap = Rapper
    .class = m
    .of = Rapper-
sound-female-rap = Rapperin
    .class = f
    .of = Rapperin-
sound-whistling = gepfiffene Melodie
    .class = f
    .of = Pfeif
    .with = gepfiffener Melodie
    .to = gepfiffenen Melodie
    .open = gepfiffenen Melodie
sound-speech = Sprechstimme
    .class = f
    .of = Sprache-
sound-male-speech = Sprecher
    .class = m
    .of = Sprecher-
sound-female-speech = Sprecherin
    .class = f
    .of = Sprecherin-
sound-applause = Applaus
    .class = um
    .of = Applaus-
sound-noise = Rauschen
    .class = un
    .of = Rauschen-
sound-white-noise = weißes Rauschen
    .class = un
    .with = weißem Rauschen
    .open = weißem Rauschen
    .the = weiße Rauschen
    .of = weißes Rauschen-
    .to = weißem Rauschen
sound-pink-noise = rosa Rauschen
    .class = un
    .of = rosa Rauschen-
sound-rumble = dumpfes Rauschen
    .class = un
    .with = dumpfem Rauschen
    .open = dumpfem Rauschen
    .the = dumpfe Rauschen
    .of = dumpfes Rauschen-
    .to = dumpfem Rauschen
sound-tone = Testton
    .class = m
    .of = Testton-
sound-sound-effects = Soundeffekte
    .class = p
    .with = Soundeffekten
    .open = Soundeffekten
    .of = Soundeffekte-
    .to = Soundeffekten

## Eigenschaften

tempo-slow = langsam
tempo-medium = mäßig schnell
tempo-fast = schnell
loudness-quiet = leise
    .attributive = leises
    .melody = leise
    .become = leiser
loudness-loud = laut
    .become = lauter
mood-calm = ruhig
mood-gentle = sanft
mood-dreamy = verträumt
mood-relaxed = entspannt
mood-reflective = nachdenklich
mood-lively = lebhaft
mood-playful = verspielt
mood-groovy = groovig
mood-energetic = energiegeladen
mood-powerful = kraftvoll
mood-intense = intensiv
mood-aggressive = aggressiv
mood-grand = majestätisch
mood-solemn = feierlich
mood-dramatic = dramatisch
mood-epic = episch
mood-bold = entschlossen
mood-steady = fließend
mood-light = leichtfüßig
mood-warm = warm
mood-happy = fröhlich
mood-sad = traurig
mood-emotional = gefühlvoll
mood-nostalgic = nostalgisch
mood-passionate = leidenschaftlich
mood-romantic = romantisch
mood-dark = düster
mood-scary = unheimlich
mood-tense = spannungsgeladen
mood-mysterious = geheimnisvoll
mood-ethereal = sphärisch
mood-hypnotic = hypnotisch
mood-inspiring = inspirierend

## Genres

genre-orchestral = Orchestermusik
    .piece = Orchesterstück
genre-classical = klassischer Musik
    .piece = klassisches Stück
    .title = klassische Musik
genre-rock = Rock
    .piece = Rockstück
genre-hard-rock = Hardrock
    .piece = Hardrockstück
genre-metal = Metal
    .piece = Metal-Stück
genre-pop = Pop
    .piece = Popstück
genre-electropop = Elektropop
    .piece = Elektropop-Stück
genre-electronic = elektronischer Musik
    .piece = elektronisches Stück
    .title = elektronische Musik
genre-jazz = Jazz
    .piece = Jazzstück
genre-blues = Blues
    .piece = Bluesstück
genre-folk = Folk
    .piece = Folkstück
genre-country = Country
    .piece = Countrystück
genre-hip-hop = Hip-Hop
    .piece = Hip-Hop-Stück
genre-reggae = Reggae
    .piece = Reggaestück
genre-latin = Latin-Musik
    .piece = Latin-Stück
genre-ambient = Ambient
    .piece = Ambient-Stück
genre-funk = Funk
    .piece = Funkstück
genre-gospel = Gospel
    .piece = Gospelstück
genre-instrumental = Instrumentalmusik
    .piece = Instrumentalstück
