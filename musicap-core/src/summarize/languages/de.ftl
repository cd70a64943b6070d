### Deutsch. „Stück“ und „Lied“ sind sächlich: danach richten sich Artikel und Adjektive.

## Substantive. `.class`: m, f, n mit Artikel (none = n); um, uf, un ohne (Schlagzeug); p Mehrzahl.
## `.with` ist der Dativ ohne Artikel, wo er anders lautet.

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
noun-to = { noun-subject }
noun-open = { $noun }
noun-the = { $class ->
    [m] der { $noun }
    [um] der { $noun }
    [f] die { $noun }
    [uf] die { $noun }
    [p] die { $noun }
   *[n] das { $noun }
}
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
whole = ein { $piece }
whole-qualities = ein { $qualities } { $piece }
whole-with = { $whole } mit { $sounds }
whole-solo = { $whole } für { $sounds } { $number ->
    [one] solo
   *[other] allein
}
whole-alone = { $whole } ohne Begleitung
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
       *[play] { $number ->
            [one] solo
           *[other] allein
        }
    }
} { $qualities ->
    [none] eine Melodie
   *[other] eine { $qualities } Melodie
}
lead-over = { $lead } über { $manner }
lead-with = { $lead }, begleitet von { $sounds }
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

## Der Verlauf

open = es beginnt mit { $sounds }
open-qualities = es beginnt { $qualities } mit { $sounds }
open-also = es beginnt mit { $sounds }
at-first = anfangs ist es { $qualities }
at-first-also = anfangs ist es { $qualities }
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
    [one] verstummt
   *[other] verstummen
} { $old }, und { $new } { $new-number ->
    [one] setzt
   *[other] setzen
} ein
replace-also = { $old } { $number ->
    [one] verstummt
   *[other] verstummen
}, und { $new } { $new-number ->
    [one] setzt
   *[other] setzen
} ein
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
turn = bei { $time } wird die Musik { $qualities }
turn-also = die Musik wird { $qualities }
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
contractions = 
    als ein_=als_

## Titel

title-alone = { $sound } allein
title-band = ganze Band
title-silence = Stille
title-music = Musik
title-qualities = { $title }, { $qualities }

## Klänge

sound-piano = Klavier
    .piece = Klavierstück
sound-electric-piano = E-Piano
sound-keyboard = Keyboard
sound-harpsichord = Cembalo
    .piece = Cembalostück
sound-celesta = Celesta
    .class = f
sound-music-box = Spieluhr
    .class = f
sound-mallets = Stabspiel
sound-vibraphone = Vibraphon
sound-marimba = Marimba
    .class = f
sound-xylophone = Xylophon
sound-glockenspiel = Glockenspiel
sound-chiming = glockenartiges Instrument
    .with = einem glockenartigen Instrument
    .open = einem glockenartigen Instrument
    .the = glockenartige Instrument
sound-kalimba = Kalimba
    .class = f
sound-steelpan = Steelpan
    .class = f
sound-bells = Glocken
    .class = p
sound-tubular-bells = Röhrenglocken
    .class = p
sound-organ = Orgel
    .class = f
    .piece = Orgelstück
sound-church-organ = Kirchenorgel
    .class = f
sound-accordion = Akkordeon
    .piece = Akkordeonstück
sound-harmonica = Mundharmonika
    .class = f
sound-acoustic-guitar = akustische Gitarre
    .class = f
    .with = akustischer Gitarre
    .open = akustischer Gitarre
sound-electric-guitar = E-Gitarre
    .class = f
sound-distorted-guitar = verzerrte E-Gitarre
    .class = f
    .with = verzerrter E-Gitarre
    .open = verzerrter E-Gitarre
sound-guitar = Gitarre
    .class = f
    .piece = Gitarrenstück
sound-bass = Bass
    .class = m
sound-electric-bass = E-Bass
    .class = m
sound-synth-bass = Synthesizer-Bass
    .class = m
sound-double-bass = Kontrabass
    .class = m
sound-violin = Geige
    .class = f
    .piece = Geigenstück
sound-viola = Bratsche
    .class = f
sound-cello = Cello
    .piece = Cellostück
sound-strings = Streicher
    .class = p
    .with = Streichern
    .open = Streichern
sound-bowed = Streichinstrument
    .with = einem Streichinstrument
    .open = einem Streichinstrument
sound-pizzicato = Pizzicato-Streicher
    .class = p
    .with = Pizzicato-Streichern
    .open = Pizzicato-Streichern
sound-harp = Harfe
    .class = f
    .piece = Harfenstück
sound-trumpet = Trompete
    .class = f
sound-muted-trumpet = gedämpfte Trompete
    .class = f
    .with = gedämpfter Trompete
    .open = gedämpfter Trompete
sound-trombone = Posaune
    .class = f
sound-tuba = Tuba
    .class = f
sound-french-horn = Horn
sound-brass = Blechbläser
    .class = p
    .with = Blechbläsern
    .open = Blechbläsern
sound-saxophone = Saxophon
sound-clarinet = Klarinette
    .class = f
sound-oboe = Oboe
    .class = f
sound-english-horn = Englischhorn
sound-bassoon = Fagott
sound-woodwind = Holzbläser
    .class = p
    .with = Holzbläsern
    .open = Holzbläsern
sound-wind = Blasinstrument
    .with = einem Blasinstrument
    .open = einem Blasinstrument
sound-flute = Flöte
    .class = f
    .piece = Flötenstück
sound-piccolo = Piccoloflöte
    .class = f
sound-recorder = Blockflöte
    .class = f
sound-pan-flute = Panflöte
    .class = f
sound-bagpipes = Dudelsack
    .class = m
sound-synth-lead = Lead-Synthesizer
    .class = m
sound-synth-pad = Synthesizer-Fläche
    .class = f
sound-synth = Synthesizer
    .class = m
sound-plucked = Zupfinstrument
    .with = einem Zupfinstrument
    .open = einem Zupfinstrument
sound-banjo = Banjo
sound-mandolin = Mandoline
    .class = f
sound-sitar = Sitar
    .class = f
sound-koto = Koto
    .class = f
sound-shamisen = Shamisen
    .class = f
sound-oud = Oud
    .class = f
sound-lute = Laute
    .class = f
sound-zither = Zither
    .class = f
sound-ukulele = Ukulele
    .class = f
sound-theremin = Theremin
sound-orchestra = Orchester
    .piece = Orchesterstück
sound-turntables = Turntables
    .class = p
sound-others = andere Instrumente
    .class = p
    .with = anderen Instrumenten
    .open = anderen Instrumenten
    .the = anderen Instrumente
sound-drums = Schlagzeug
    .class = un
sound-simple-drums = schlichtes Schlagzeug
    .class = un
    .with = schlichtem Schlagzeug
    .open = schlichtem Schlagzeug
    .the = schlichte Schlagzeug
    .without = schlichtes Schlagzeug
sound-rock-drums = Rockschlagzeug
    .class = un
sound-jazz-drums = Jazzschlagzeug
    .class = un
sound-funk-drums = Funkschlagzeug
    .class = un
sound-electronic-beat = Dance-Beat
    .class = m
sound-march-drums = Marschtrommeln
    .class = p
sound-waltz-drums = Schlagzeug im Walzertakt
    .class = un
sound-latin-percussion = Latin-Percussion
    .class = uf
sound-hand-drums = Handtrommeln
    .class = p
sound-percussion = Percussion
    .class = uf
sound-timpani = Pauken
    .class = p
sound-claps = Händeklatschen
    .class = un
sound-voice = Gesangsstimme
    .class = f
    .without = Gesang
sound-male-voice = Männerstimme
    .class = f
sound-female-voice = Frauenstimme
    .class = f
sound-choir = Chor
    .class = m
sound-children = Kinderstimmen
    .class = p
sound-rap = Rap
    .class = um
sound-male-rap = Rapper
    .class = m
sound-female-rap = Rapperin
    .class = f
sound-whistling = Pfeifen
    .class = un
sound-speech = Sprache
    .class = uf
sound-male-speech = Sprecher
    .class = m
sound-female-speech = Sprecherin
    .class = f
sound-applause = Applaus
    .class = um
sound-noise = Rauschen
    .class = un
sound-white-noise = weißes Rauschen
    .class = un
    .with = weißem Rauschen
    .open = weißem Rauschen
    .the = weiße Rauschen
sound-pink-noise = rosa Rauschen
    .class = un
sound-rumble = dumpfes Rauschen
    .class = un
    .with = dumpfem Rauschen
    .open = dumpfem Rauschen
    .the = dumpfe Rauschen
sound-tone = Testton
    .class = m
sound-sound-effects = Soundeffekte
    .class = p
    .with = Soundeffekten
    .open = Soundeffekten

## Eigenschaften

tempo-slow = langsam
tempo-medium = mäßig schnell
tempo-fast = schnell
loudness-quiet = leise
    .attributive = leises
    .melody = leise
loudness-loud = laut
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
mood-bold = selbstbewusst
mood-steady = gleichmäßig
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
