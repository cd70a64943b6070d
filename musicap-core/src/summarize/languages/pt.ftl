### Português (do Brasil). «Peça» e «canção» são femininas: os adjetivos concordam com elas.

## Nomes. `.class`: m, f com artigo (none = m); um, uf sem artigo; mp, fp plural.

noun-subject = { $kind ->
    [drums] { noun-the }
    [instrument] { $class ->
        [mp] os { $noun }
        [fp] as { $noun }
        [uf] a { $noun }
       *[other] { noun-by }
    }
   *[other] { noun-by }
}
noun-with = { $noun }
noun-by = { $class ->
    [f] uma { $noun }
    [mp] { $noun }
    [fp] { $noun }
    [um] { $noun }
    [uf] { $noun }
   *[m] um { $noun }
}
noun-open = { $kind ->
    [drums] { noun-the }
   *[other] { noun-by }
}
noun-to = a { noun-subject }
noun-the = { $class ->
    [f] a { $noun }
    [uf] a { $noun }
    [mp] os { $noun }
    [fp] as { $noun }
   *[m] o { $noun }
}
noun-without = { $noun }
noun-title = { $noun }
noun-for = { $noun }

list-more = { $a }, { $b }
list-and = { $a } e { $b }
list-or = { $a } nem { $b }

## Adjetivos

qualities-more = { $a }, { $b }
qualities-attributive = { $a } e { $b }
qualities-phrase = { $a } { $b }
qualities-be = { $a } e { $b }
qualities-open = { $a } e { $b }
qualities-become = { $a } e { $b }

## O conjunto

piece = peça
song = canção
instrumental = peça instrumental
whole = uma { $piece }
whole-qualities = uma { $piece } { $qualities }
whole-for = { $whole } para { $noun }
whole-for-solo = { $whole } { $class ->
    [mp] só para { $noun }
    [fp] só para { $noun }
    [uf] só para { $noun }
   *[m] para { $noun } solo
}
whole-with = { $whole } com { $sounds }
whole-solo = { $whole } só com { $sounds }
whole-without = { $whole }, sem { $sounds }
silent = a gravação é quase silenciosa
only = { $number ->
    [one] ouve-se
   *[other] ouvem-se
} apenas { $sounds }, sem música
opens-as = a gravação começa como { $whole }
music-opens-as = aos { $time } a música começa como { $whole }
joined-by = { $whole }, à qual se { $number ->
    [one] junta
   *[other] juntam
} { $sounds } aos { $time }
at-times = por vezes { $number ->
    [one] ouve-se
   *[other] ouvem-se
} { $sounds }
measured-tempo = o andamento é de cerca de { $bpm } BPM
measured-key = a tonalidade é { $key }
measured-both = o andamento é de cerca de { $bpm } BPM, a tonalidade é { $key }
key-major = { $tonic ->
    [C] dó
    [Db] ré bemol
    [D] ré
    [Eb] mi bemol
    [E] mi
    [F] fá
    [Fs] fá sustenido
    [G] sol
    [Ab] lá bemol
    [A] lá
    [Bb] si bemol
   *[B] si
} maior
key-minor = { $tonic ->
    [C] dó
    [Db] dó sustenido
    [D] ré
    [Eb] mi bemol
    [E] mi
    [F] fá
    [Fs] fá sustenido
    [G] sol
    [Ab] sol sustenido
    [A] lá
    [Bb] si bemol
   *[B] si
} menor
recording-live = é uma gravação ao vivo
recording-poor = a qualidade do som é ruim
recording-lo-fi = o som é lo-fi
recording-vinyl = estala como um disco de vinil antigo
recording-tape = ouve-se o chiado da fita
recording-hum = ouve-se um zumbido grave
recording-phone = soa como uma gravação feita ao telefone
recording-overloaded = a gravação está saturada

## Passagens: quem conduz e como os outros acompanham.

lead = { $class ->
    [mp] { $sounds-the }
    [fp] { $sounds-the }
    [um] { $sounds-the }
    [uf] { $sounds-the }
   *[m] { $sounds }
} { $verb ->
    [sing] { $number ->
        [one] canta
       *[other] cantam
    }
   *[play] { $number ->
        [one] toca
       *[other] tocam
    }
}{ $alone ->
    [no] {""}
   *[yes] {" "}{ $verb ->
        [sing] a cappella
       *[play] { $class ->
            [f] sozinha
            [uf] sozinha
            [mp] sozinhos
            [fp] sozinhas
           *[m] sozinho
        }
    }
} { $object }
object-melody = { $qualities ->
    [none] uma melodia
   *[other] uma melodia { $qualities }
}
object-figure = { $qualities ->
    [none] { $figure }
   *[other] uma música { $qualities } em { $figure }
}
lead-over = { $lead } sobre { $manner }
lead-with = { $lead }, com acompanhamento de { $sounds }
lead-without = { $lead }, sem { $sounds }
whole-led = { $whole } com { $lead } à frente, acompanhada de { $sounds }
manner = { $noun } ({ $manner })
manner-chords = acordes
    .quiet = acordes suaves
    .loud = acordes fortes
manner-sustained = acordes sustentados
    .quiet = acordes sustentados e suaves
    .loud = acordes sustentados e fortes
manner-arpeggios = arpejos
    .quiet = arpejos suaves
    .loud = arpejos fortes
played-chords = { $loudness ->
    [quiet] acordes suaves de { $noun }
    [loud] acordes fortes de { $noun }
   *[none] acordes de { $noun }
}
    .class = mp
played-sustained = { $loudness ->
    [quiet] acordes suaves e sustentados de { $noun }
    [loud] acordes fortes e sustentados de { $noun }
   *[none] acordes sustentados de { $noun }
}
    .class = mp
played-arpeggios = { $loudness ->
    [quiet] arpejos suaves de { $noun }
    [loud] arpejos fortes de { $noun }
   *[none] arpejos de { $noun }
}
    .class = mp

## O desenvolvimento

open = começa com { $sounds }
open-qualities = { $kind ->
    [tempo] começa em andamento { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] começa de forma { $qualities }
}, com { $sounds }
open-also = começa com { $sounds }
at-first = no início { $kind ->
    [tempo] o andamento é { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] é { $qualities }
}
at-first-also = no início { $kind ->
    [tempo] o andamento é { $tempo ->
        [slow] lento
        [medium] moderado
       *[fast] rápido
    }
   *[mood] a música é { $qualities }
}
enter = aos { $time } { $number ->
    [one] entra
   *[other] entram
} { $sounds }
enter-also = { $number ->
    [one] entra
   *[other] entram
} { $sounds }
enter-two = aos { $time } { $number ->
    [one] surge
   *[other] surgem
} { $sounds }
band-returns = aos { $time } a banda volta
return = aos { $time } { $number ->
    [one] volta
   *[other] voltam
} { $sounds }
return-also = { $number ->
    [one] volta
   *[other] voltam
} { $sounds }
follow = aos { $time } { $number ->
    [one] ouve-se
   *[other] ouvem-se
} { $sounds }
follow-also = { $number ->
    [one] ouve-se
   *[other] ouvem-se
} { $sounds }
drop = aos { $time } { $number ->
    [one] resta
   *[other] restam
} apenas { $sounds }
drop-also = { $number ->
    [one] resta
   *[other] restam
} apenas { $sounds }
change = a partir dos { $time } { $number ->
    [one] toca
   *[other] tocam
} apenas { $sounds }
change-also = { $number ->
    [one] toca
   *[other] tocam
} apenas { $sounds }
end = dos { $time } até o fim { $number ->
    [one] ouve-se
   *[other] ouvem-se
} apenas { $sounds }
end-also = até o fim { $number ->
    [one] ouve-se
   *[other] ouvem-se
} apenas { $sounds }
replace = aos { $time } { $old } { $number ->
    [one] dá
   *[other] dão
} lugar { $new }
replace-also = { $old } { $number ->
    [one] dá
   *[other] dão
} lugar { $new }
stop = aos { $time } { $number ->
    [one] sai
   *[other] saem
} { $sounds }
stop-also = { $number ->
    [one] sai
   *[other] saem
} { $sounds }
silence = aos { $time } a música para
silence-also = a música para
turn = aos { $time } { $step ->
    [slower] { $kind ->
        [tempo] o andamento fica mais lento
       *[mixed] a música, mais lenta, fica { $moods }
    }
    [faster] { $kind ->
        [tempo] o andamento acelera
       *[mixed] a música, mais rápida, fica { $moods }
    }
   *[none] { $kind ->
        [tempo] o andamento passa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        }
        [mixed] o andamento passa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        } e a música fica { $moods }
       *[mood] a música fica { $qualities }
    }
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] o andamento fica mais lento
       *[mixed] a música, mais lenta, fica { $moods }
    }
    [faster] { $kind ->
        [tempo] o andamento acelera
       *[mixed] a música, mais rápida, fica { $moods }
    }
   *[none] { $kind ->
        [tempo] o andamento passa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        }
        [mixed] o andamento passa a ser { $tempo ->
            [slow] lento
            [medium] moderado
           *[fast] rápido
        } e a música fica { $moods }
       *[mood] a música fica { $qualities }
    }
}
genre = aos { $time } a peça passa { $genre }
genre-also = a peça passa { $genre }

## Frases

clauses = { $first }, e { $second }
sentences = { $first }; { $second }
sentence = { $clause }.
outline = em resumo: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = aos { $time }: “{ $text }” (texto original)
alone = de { $from } a { $to }: { $text }
no-captions = não há descrições
only-repetition = as descrições apenas se repetem
contractions =
    a o_=ao_
    a os_=aos_
    a a_=à_
    a as_=às_

## Títulos

title-alone = { $class ->
    [mp] só { $sound }
    [fp] só { $sound }
    [um] só { $sound }
    [uf] só { $sound }
   *[m] { $sound } solo
}
title-band = banda completa
title-silence = silêncio
title-music = música
title-qualities = { $title } (andamento { $qualities })


## Sons

sound-piano = piano
sound-electric-piano = piano elétrico
sound-keyboard = teclado
sound-harpsichord = cravo
sound-celesta = celesta
    .class = f
sound-music-box = caixinha de música
    .class = f
sound-mallets = percussão de teclas
    .class = uf
sound-vibraphone = vibrafone
sound-marimba = marimba
    .class = f
sound-xylophone = xilofone
sound-glockenspiel = glockenspiel
sound-chiming = instrumento com timbre de sino
    .with = um instrumento com timbre de sino
sound-kalimba = kalimba
    .class = f
sound-steelpan = steelpan
sound-bells = sinos
    .class = mp
sound-tubular-bells = sinos tubulares
    .class = mp
sound-organ = órgão
sound-church-organ = órgão de igreja
sound-accordion = acordeão
sound-harmonica = gaita
    .class = f
sound-acoustic-guitar = violão
sound-electric-guitar = guitarra elétrica
    .class = f
sound-distorted-guitar = guitarra distorcida
    .class = f
sound-guitar = guitarra
    .class = f
sound-bass = baixo
sound-electric-bass = baixo elétrico
sound-synth-bass = baixo sintetizado
sound-double-bass = contrabaixo
sound-violin = violino
sound-viola = viola de arco
    .class = f
sound-cello = violoncelo
sound-strings = cordas
    .class = fp
sound-bowed = instrumento de arco
    .with = um instrumento de arco
sound-pizzicato = cordas em pizzicato
    .class = fp
sound-harp = harpa
    .class = f
sound-trumpet = trompete
sound-muted-trumpet = trompete com surdina
sound-trombone = trombone
sound-tuba = tuba
    .class = f
sound-french-horn = trompa
    .class = f
sound-brass = metais
    .class = mp
sound-saxophone = saxofone
sound-clarinet = clarinete
sound-oboe = oboé
sound-english-horn = corne inglês
sound-bassoon = fagote
sound-woodwind = madeiras
    .class = fp
sound-wind = instrumento de sopro
    .with = um instrumento de sopro
sound-flute = flauta
    .class = f
sound-piccolo = flautim
sound-recorder = flauta doce
    .class = f
sound-pan-flute = flauta de pã
    .class = f
sound-bagpipes = gaita de foles
    .class = f
sound-synth-lead = sintetizador solista
    .for = sintetizador
    .title = sintetizador
sound-synth-pad = pad de sintetizador
sound-synth = sintetizador
sound-plucked = instrumento de cordas dedilhadas
    .with = um instrumento de cordas dedilhadas
sound-banjo = banjo
sound-mandolin = bandolim
sound-sitar = sitar
sound-koto = koto
sound-shamisen = shamisen
sound-oud = alaúde árabe
sound-lute = alaúde
sound-zither = cítara
    .class = f
sound-ukulele = ukulele
sound-theremin = teremim
sound-orchestra = orquestra
    .class = f
    .piece = peça orquestral
sound-turntables = toca-discos
    .class = mp
sound-others = outros instrumentos
    .class = mp
sound-drums = bateria
    .class = f
sound-simple-drums = bateria simples
    .class = f
sound-rock-drums = bateria de rock
    .class = f
sound-jazz-drums = bateria de jazz
    .class = f
sound-funk-drums = bateria de funk
    .class = f
sound-electronic-beat = batida eletrônica
    .class = f
sound-march-drums = tambores de marcha
    .class = mp
sound-waltz-drums = bateria em ritmo de valsa
    .class = f
sound-latin-percussion = percussão latina
    .class = uf
sound-hand-drums = tambores de mão
    .class = mp
sound-percussion = percussão
    .class = uf
sound-timpani = tímpanos
    .class = mp
sound-claps = palmas
    .class = fp
sound-voice = voz
    .class = f
    .without = vocais
sound-male-voice = voz masculina
    .class = f
sound-female-voice = voz feminina
    .class = f
sound-choir = coro
sound-children = vozes infantis
    .class = fp
sound-rap = rap
sound-male-rap = rap masculino
sound-female-rap = rap feminino
sound-whistling = assobio
sound-speech = voz falada
    .class = f
sound-male-speech = voz falada masculina
    .class = f
sound-female-speech = voz falada feminina
    .class = f
sound-applause = aplausos
    .class = mp
sound-noise = ruído
    .class = um
sound-white-noise = ruído branco
    .class = um
sound-pink-noise = ruído rosa
    .class = um
sound-rumble = ruído grave
    .class = um
sound-tone = som eletrônico
sound-sound-effects = efeitos sonoros
    .class = mp

## Qualidades

tempo-slow = lenta
    .title = lento
tempo-medium = moderada
    .attributive = de andamento moderado
    .melody = de andamento moderado
    .title = moderado
    .phrase = sim
tempo-fast = rápida
    .title = rápido
loudness-quiet = suave
    .become = mais suave
loudness-loud = forte
    .attributive = de som forte
    .phrase = sim
    .melody = de som forte
    .become = mais forte
mood-calm = calma
mood-gentle = delicada
mood-dreamy = sonhadora
mood-relaxed = relaxada
mood-reflective = reflexiva
mood-lively = animada
mood-playful = divertida
mood-groovy = dançante
mood-energetic = enérgica
mood-powerful = poderosa
mood-intense = intensa
mood-aggressive = agressiva
mood-grand = majestosa
mood-solemn = solene
mood-dramatic = dramática
mood-epic = épica
mood-bold = decidida
mood-steady = fluida
mood-light = leve
mood-warm = calorosa
mood-happy = alegre
mood-sad = triste
mood-emotional = emotiva
mood-nostalgic = nostálgica
mood-passionate = apaixonada
mood-romantic = romântica
mood-dark = sombria
mood-scary = assustadora
mood-tense = tensa
mood-mysterious = misteriosa
mood-ethereal = etérea
mood-hypnotic = hipnótica
mood-inspiring = inspiradora

## Gêneros, depois de «passa»

genre-orchestral = à música orquestral
    .piece = peça orquestral
    .title = música orquestral
genre-classical = à música clássica
    .piece = peça clássica
    .title = música clássica
genre-rock = ao rock
    .piece = peça de rock
    .song = canção de rock
    .title = rock
genre-hard-rock = ao hard rock
    .piece = peça de hard rock
    .song = canção de hard rock
    .title = hard rock
genre-metal = ao metal
    .piece = peça de metal
    .song = canção de metal
    .title = metal
genre-pop = ao pop
    .piece = peça pop
    .song = canção pop
    .title = pop
genre-electropop = ao electropop
    .piece = peça de electropop
    .song = canção de electropop
    .title = electropop
genre-electronic = à música eletrônica
    .piece = peça eletrônica
    .title = música eletrônica
genre-jazz = ao jazz
    .piece = peça de jazz
    .song = canção de jazz
    .title = jazz
genre-blues = ao blues
    .piece = peça de blues
    .song = canção de blues
    .title = blues
genre-folk = ao folk
    .piece = peça folk
    .song = canção folk
    .title = folk
genre-country = ao country
    .piece = peça country
    .song = canção country
    .title = country
genre-hip-hop = ao hip-hop
    .piece = peça de hip-hop
    .title = hip-hop
genre-reggae = ao reggae
    .piece = peça de reggae
    .song = canção de reggae
    .title = reggae
genre-latin = à música latina
    .piece = peça latina
    .song = canção latina
    .title = música latina
genre-ambient = ao ambient
    .piece = peça ambient
    .title = música ambient
genre-funk = ao funk
    .piece = peça de funk
    .song = canção de funk
    .title = funk
genre-gospel = ao gospel
    .piece = peça gospel
    .song = canção gospel
    .title = gospel
genre-instrumental = à música instrumental
    .piece = peça instrumental
    .title = música instrumental
