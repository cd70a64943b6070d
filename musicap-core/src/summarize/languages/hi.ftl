### हिन्दी। «रचना» और «धुन» स्त्रीलिंग हैं: विशेषण उन्हीं के अनुसार हैं, `.become` «संगीत» (पुल्लिंग) के अनुसार।

## संज्ञाएँ। `.class`: none पुल्लिंग, f स्त्रीलिंग; p, fp बहुवचन। `.with`: परसर्ग से पहले का रूप।

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
list-and = { $a } और { $b }
list-or = { $a } और { $b }

## विशेषण

qualities-more = { $a }, { $b }
qualities-attributive = { $a } और { $b }
qualities-phrase = { $b } { $a }
qualities-be = { $a } और { $b }
qualities-open = { $a } और { $b }
qualities-become = { $a } और { $b }

## समग्र

piece = रचना
song = गायन रचना
instrumental = वाद्य रचना
piece-for = { $noun } रचना
piece-solo = एकल { $noun } रचना
whole = एक { $piece }
whole-qualities = एक { $qualities } { $piece }
whole-with = { $sounds } के साथ { $whole }
whole-solo = { $whole }, जिसमें केवल { $sounds-subject } { $number ->
    [one] है
   *[other] हैं
}
absent = { $clause }। इसमें { $sounds } नहीं { $count ->
    [two] हैं
   *[one] { $last ->
        [p] हैं
        [fp] हैं
       *[none] है
    }
}
silent = रिकॉर्डिंग लगभग मौन है
only = केवल { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}, संगीत नहीं
opens-as = रिकॉर्डिंग { $whole } से शुरू होती है
music-opens-as = { $time } पर संगीत { $whole } से शुरू होता है
joined-by = { $whole }, जिसमें { $time } पर { $sounds } { $number ->
    [one] { $last ->
        [f] जुड़ती है
        [fp] जुड़ती है
       *[none] जुड़ता है
    }
   *[other] { $last ->
        [f] जुड़ती हैं
        [fp] जुड़ती हैं
       *[none] जुड़ते हैं
    }
}
at-times = बीच-बीच में { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
measured-tempo = गति लगभग { $bpm } बीट प्रति मिनट है
measured-key = स्केल { $key } है
measured-both = गति लगभग { $bpm } बीट प्रति मिनट और स्केल { $key } है
key-major = { $tonic ->
    [C] सी
    [Db] डी फ़्लैट
    [D] डी
    [Eb] ई फ़्लैट
    [E] ई
    [F] एफ़
    [Fs] एफ़ शार्प
    [G] जी
    [Ab] ए फ़्लैट
    [A] ए
    [Bb] बी फ़्लैट
   *[B] बी
} मेजर
key-minor = { $tonic ->
    [C] सी
    [Db] सी शार्प
    [D] डी
    [Eb] ई फ़्लैट
    [E] ई
    [F] एफ़
    [Fs] एफ़ शार्प
    [G] जी
    [Ab] जी शार्प
    [A] ए
    [Bb] बी फ़्लैट
   *[B] बी
} माइनर
recording-live = यह लाइव रिकॉर्डिंग है
recording-poor = ध्वनि की गुणवत्ता ख़राब है
recording-lo-fi = ध्वनि लो-फ़ाई है
recording-vinyl = पुराने रिकॉर्ड जैसी चटचटाहट है
recording-tape = टेप की सरसराहट सुनाई देती है
recording-hum = धीमी भनभनाहट सुनाई देती है
recording-phone = यह फ़ोन पर की गई रिकॉर्डिंग जैसी लगती है
recording-overloaded = रिकॉर्डिंग की ध्वनि फटी हुई है

## अंश: मुख्य स्वर और संगत। «धुन» स्त्रीलिंग है।

lead = { $alone ->
    [no] {""}
   *[yes] { $verb ->
        [sing] बिना संगत के{" "}
       *[play] केवल{" "}
    }
}{ $verb ->
    [sing] { $sound ->
        [choir] कोरस { $object } गाता है
       *[other] { $sounds-with } में { $object } गाई जाती है
    }
   *[play] { $sounds-with } पर { $object } बजती है
}
object-melody = { $qualities ->
    [none] एक धुन
   *[other] एक { $qualities } धुन
}
object-figure = { $qualities ->
    [none] { $figure } में एक धुन
   *[other] { $figure } में एक { $qualities } धुन
}
lead-over = { $manner } के साथ { $lead }
lead-with = { $sounds } की संगत में { $lead }
lead-without = { $lead }। इसमें { $sounds } नहीं { $count ->
    [two] हैं
   *[one] { $last ->
        [p] हैं
        [fp] हैं
       *[none] है
    }
}
whole-led = { $whole }, जिसमें { $lead } प्रमुख { $lead-last ->
    [p] हैं
    [fp] हैं
   *[none] है
} और साथ में { $sounds-subject } { $number ->
    [one] है
   *[other] हैं
}
manner = { $noun } ({ $manner })
manner-chords = कॉर्ड
    .quiet = मृदु कॉर्ड
    .loud = तेज़ आवाज़ के कॉर्ड
manner-sustained = लंबे कॉर्ड
    .quiet = मृदु लंबे कॉर्ड
    .loud = तेज़ आवाज़ के लंबे कॉर्ड
manner-arpeggios = आर्पेजियो
    .quiet = मृदु आर्पेजियो
    .loud = तेज़ आवाज़ के आर्पेजियो
played-chords = { $loudness ->
    [quiet] { $noun } के मृदु कॉर्ड
    [loud] { $noun } के तेज़ आवाज़ के कॉर्ड
   *[none] { $noun } के कॉर्ड
}
    .class = p
played-sustained = { $loudness ->
    [quiet] { $noun } के मृदु लंबे कॉर्ड
    [loud] { $noun } के तेज़ आवाज़ के लंबे कॉर्ड
   *[none] { $noun } के लंबे कॉर्ड
}
    .class = p
played-arpeggios = { $loudness ->
    [quiet] { $noun } के मृदु आर्पेजियो
    [loud] { $noun } के तेज़ आवाज़ के आर्पेजियो
   *[none] { $noun } के आर्पेजियो
}
    .class = p

## क्रम

open = शुरुआत में { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
open-qualities = शुरुआत { $qualities } है, जिसमें { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
open-also = शुरुआत में { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
at-first = आरंभ में यह { $qualities } है
at-first-also = आरंभ में रचना { $qualities } है
enter = { $time } पर { $sounds } शुरू { $number ->
    [one] { $last ->
        [f] होती है
        [fp] होती है
       *[none] होता है
    }
   *[other] { $last ->
        [f] होती हैं
        [fp] होती हैं
       *[none] होते हैं
    }
}
enter-also = { $sounds } शुरू { $number ->
    [one] { $last ->
        [f] होती है
        [fp] होती है
       *[none] होता है
    }
   *[other] { $last ->
        [f] होती हैं
        [fp] होती हैं
       *[none] होते हैं
    }
}
enter-two = { $time } पर { $sounds } { $number ->
    [one] { $last ->
        [f] जुड़ती है
        [fp] जुड़ती है
       *[none] जुड़ता है
    }
   *[other] { $last ->
        [f] जुड़ती हैं
        [fp] जुड़ती हैं
       *[none] जुड़ते हैं
    }
}
band-returns = { $time } पर बैंड लौटता है
return = { $time } पर { $sounds } { $number ->
    [one] { $last ->
        [f] लौटती है
        [fp] लौटती है
       *[none] लौटता है
    }
   *[other] { $last ->
        [f] लौटती हैं
        [fp] लौटती हैं
       *[none] लौटते हैं
    }
}
return-also = { $sounds } { $number ->
    [one] { $last ->
        [f] लौटती है
        [fp] लौटती है
       *[none] लौटता है
    }
   *[other] { $last ->
        [f] लौटती हैं
        [fp] लौटती हैं
       *[none] लौटते हैं
    }
}
follow = { $time } पर { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
follow-also = { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
drop = { $time } पर केवल { $sounds } { $number ->
    [one] { $last ->
        [f] बची रहती है
        [fp] बची रहती है
       *[none] बचा रहता है
    }
   *[other] { $last ->
        [f] बची रहती हैं
        [fp] बची रहती हैं
       *[none] बचे रहते हैं
    }
}
drop-also = केवल { $sounds } { $number ->
    [one] { $last ->
        [f] बची रहती है
        [fp] बची रहती है
       *[none] बचा रहता है
    }
   *[other] { $last ->
        [f] बची रहती हैं
        [fp] बची रहती हैं
       *[none] बचे रहते हैं
    }
}
change = { $time } से केवल { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
change-also = केवल { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
end = { $time } से अंत तक केवल { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
end-also = अंत तक केवल { $sounds } सुनाई { $number ->
    [one] { $last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
replace = { $time } पर { $old-with } की जगह { $new } सुनाई { $new-number ->
    [one] { $new-last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $new-last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
replace-also = { $old-with } की जगह { $new } सुनाई { $new-number ->
    [one] { $new-last ->
        [f] देती है
        [fp] देती है
       *[none] देता है
    }
   *[other] { $new-last ->
        [f] देती हैं
        [fp] देती हैं
       *[none] देते हैं
    }
}
stop = { $time } पर { $sounds } रुक { $number ->
    [one] { $last ->
        [f] जाती है
        [fp] जाती है
       *[none] जाता है
    }
   *[other] { $last ->
        [f] जाती हैं
        [fp] जाती हैं
       *[none] जाते हैं
    }
}
stop-also = { $sounds } रुक { $number ->
    [one] { $last ->
        [f] जाती है
        [fp] जाती है
       *[none] जाता है
    }
   *[other] { $last ->
        [f] जाती हैं
        [fp] जाती हैं
       *[none] जाते हैं
    }
}
silence = { $time } पर संगीत रुक जाता है
silence-also = संगीत रुक जाता है
turn = { $time } पर { $step ->
    [slower] { $kind ->
        [tempo] गति धीमी हो जाती है
       *[mixed] गति धीमी और संगीत { $moods } हो जाता है
    }
    [faster] { $kind ->
        [tempo] गति तेज़ हो जाती है
       *[mixed] गति तेज़ और संगीत { $moods } हो जाता है
    }
   *[none] { $kind ->
        [tempo] गति { $tempo ->
            [slow] धीमी हो जाती है
            [medium] मध्यम हो जाती है
           *[fast] तेज़ हो जाती है
        }
        [mixed] गति { $tempo ->
            [slow] धीमी
            [medium] मध्यम
           *[fast] तेज़
        } और संगीत { $moods } हो जाता है
       *[mood] संगीत { $qualities } हो जाता है
    }
}
turn-also = { $step ->
    [slower] { $kind ->
        [tempo] गति धीमी हो जाती है
       *[mixed] गति धीमी और संगीत { $moods } हो जाता है
    }
    [faster] { $kind ->
        [tempo] गति तेज़ हो जाती है
       *[mixed] गति तेज़ और संगीत { $moods } हो जाता है
    }
   *[none] { $kind ->
        [tempo] गति { $tempo ->
            [slow] धीमी हो जाती है
            [medium] मध्यम हो जाती है
           *[fast] तेज़ हो जाती है
        }
        [mixed] गति { $tempo ->
            [slow] धीमी
            [medium] मध्यम
           *[fast] तेज़
        } और संगीत { $moods } हो जाता है
       *[mood] संगीत { $qualities } हो जाता है
    }
}
genre = { $time } पर रचना { $genre } में बदल जाती है
genre-also = रचना { $genre } में बदल जाती है

## वाक्य

clauses = { $first }, और { $second }
sentences = { $first }; { $second }
sentence = { $clause }।
outline = रूपरेखा: { $items }
outline-item = { $time } { $title }
outline-more = { $a }; { $b }
quote = { $time }: “{ $text }” (मूल पाठ)
alone = { $from } से { $to } तक: { $text }
no-captions = कोई विवरण नहीं है
only-repetition = विवरण केवल दोहराए गए हैं
contractions = {""}

## शीर्षक

title-alone = केवल { $sound }
title-band = पूरा बैंड
title-silence = मौन
title-music = संगीत
title-qualities = { $title } ({ $qualities } गति)


## ध्वनियाँ

sound-piano = पियानो
sound-electric-piano = इलेक्ट्रिक पियानो
sound-keyboard = कीबोर्ड
sound-harpsichord = हार्प्सीकॉर्ड
sound-celesta = सेलेस्टा
sound-music-box = म्यूज़िक बॉक्स
sound-mallets = मैलेट वाद्य
sound-vibraphone = वाइब्राफ़ोन
sound-marimba = मरिम्बा
sound-xylophone = ज़ाइलोफ़ोन
sound-glockenspiel = ग्लॉकनश्पील
sound-chiming = झंकार वाद्य
sound-kalimba = कलिम्बा
sound-steelpan = स्टीलपैन
sound-bells = घंटियाँ
    .class = fp
    .with = घंटियों
    .for = घंटियों की
    .solo = केवल घंटियों की रचना
    .of = घंटियों
sound-tubular-bells = ट्यूबलर बेल
sound-organ = ऑर्गन
sound-church-organ = पाइप ऑर्गन
sound-accordion = अकॉर्डियन
sound-harmonica = माउथ ऑर्गन
sound-acoustic-guitar = अकूस्टिक गिटार
sound-electric-guitar = इलेक्ट्रिक गिटार
sound-distorted-guitar = डिस्टॉर्टेड गिटार
sound-guitar = गिटार
sound-bass = बेस
sound-electric-bass = बेस गिटार
sound-synth-bass = सिंथ बेस
sound-double-bass = डबल बेस
sound-violin = वायलिन
sound-viola = वियोला
sound-cello = चेलो
sound-strings = तार-वाद्य
    .class = p
    .with = तार-वाद्यों
    .solo = केवल तार-वाद्यों की रचना
    .of = तार-वाद्यों
sound-bowed = गज वाद्य
sound-pizzicato = पिज़्ज़िकातो तार-वाद्य
    .class = p
    .with = पिज़्ज़िकातो तार-वाद्यों
    .solo = केवल पिज़्ज़िकातो तार-वाद्यों की रचना
    .of = पिज़्ज़िकातो तार-वाद्यों
sound-harp = हार्प
sound-trumpet = ट्रम्पेट
sound-muted-trumpet = म्यूट ट्रम्पेट
sound-trombone = ट्रॉम्बोन
sound-tuba = ट्यूबा
sound-french-horn = फ़्रेंच हॉर्न
sound-brass = ब्रास वाद्य
    .class = p
    .with = ब्रास वाद्यों
    .solo = केवल ब्रास वाद्यों की रचना
    .of = ब्रास वाद्यों
sound-saxophone = सैक्सोफ़ोन
sound-clarinet = क्लैरिनेट
sound-oboe = ओबो
sound-english-horn = इंग्लिश हॉर्न
sound-bassoon = बसून
sound-woodwind = वुडविंड वाद्य
    .class = p
    .with = वुडविंड वाद्यों
    .solo = केवल वुडविंड वाद्यों की रचना
    .of = वुडविंड वाद्यों
sound-wind = सुषिर वाद्य
sound-flute = बाँसुरी
    .class = f
sound-piccolo = पिकोलो
sound-recorder = रिकॉर्डर
sound-pan-flute = पैन फ़्लूट
sound-bagpipes = बैगपाइप
sound-synth-lead = सिंथ लीड
sound-synth-pad = सिंथ पैड
sound-synth = सिंथेसाइज़र
sound-plucked = तंतु-वाद्य
sound-banjo = बैंजो
sound-mandolin = मैंडोलिन
sound-sitar = सितार
sound-koto = कोटो
sound-shamisen = शामिसेन
sound-oud = ऊद
sound-lute = ल्यूट
sound-zither = ज़िदर
sound-ukulele = यूकुलेली
sound-theremin = थेरेमिन
sound-orchestra = ऑर्केस्ट्रा
    .solo = ऑर्केस्ट्रा रचना
sound-turntables = टर्नटेबल
sound-others = अन्य वाद्य
    .class = p
    .with = अन्य वाद्यों
    .for = अन्य वाद्यों की
    .of = अन्य वाद्यों
sound-drums = ड्रम
    .class = p
sound-simple-drums = सरल ड्रम
    .class = p
sound-rock-drums = रॉक ड्रम
    .class = p
sound-jazz-drums = जैज़ ड्रम
    .class = p
sound-funk-drums = फ़ंक ड्रम
    .class = p
sound-electronic-beat = इलेक्ट्रॉनिक बीट
    .class = f
sound-march-drums = मार्चिंग ड्रम
    .class = p
sound-waltz-drums = वॉल्ट्ज़ ड्रम
    .class = p
sound-latin-percussion = लैटिन ताल-वाद्य
    .class = p
    .with = लैटिन ताल-वाद्यों
    .of = लैटिन ताल-वाद्यों
sound-hand-drums = हाथ के ढोल
    .class = p
    .with = हाथ के ढोलों
    .of = हाथ के ढोलों
sound-percussion = ताल-वाद्य
    .class = p
    .with = ताल-वाद्यों
    .of = ताल-वाद्यों
sound-timpani = टिम्पनी
sound-claps = तालियाँ
    .class = fp
    .with = तालियों
    .of = तालियों
sound-voice = आवाज़
    .class = f
    .without = गायन
sound-male-voice = पुरुष आवाज़
    .class = f
sound-female-voice = महिला आवाज़
    .class = f
sound-choir = कोरस
sound-children = बच्चों की आवाज़ें
    .class = fp
    .with = बच्चों की आवाज़ों
    .of = बच्चों की आवाज़ों
sound-rap = रैप
sound-male-rap = पुरुष रैप
sound-female-rap = महिला रैप
sound-whistling = सीटी
    .class = f
sound-speech = बोलने की आवाज़
    .class = f
sound-male-speech = पुरुष के बोलने की आवाज़
    .class = f
sound-female-speech = महिला के बोलने की आवाज़
    .class = f
sound-applause = दर्शकों की तालियाँ
    .class = fp
    .with = दर्शकों की तालियों
    .of = दर्शकों की तालियों
sound-noise = शोर
sound-white-noise = व्हाइट नॉइज़
sound-pink-noise = पिंक नॉइज़
sound-rumble = गड़गड़ाहट
    .class = f
sound-tone = इलेक्ट्रॉनिक ध्वनि
    .class = f
sound-sound-effects = ध्वनि प्रभाव
    .class = p
    .with = ध्वनि प्रभावों
    .of = ध्वनि प्रभावों

## गुण

tempo-slow = धीमी
    .become = धीमा
tempo-medium = मध्यम गति की
    .become = मध्यम गति का
    .title = मध्यम
    .phrase = हाँ
tempo-fast = तेज़
loudness-quiet = मृदु
    .become = और मृदु
loudness-loud = ऊँची आवाज़ वाली
    .become = और ऊँची आवाज़ वाला
mood-calm = शांत
mood-gentle = कोमल
mood-dreamy = स्वप्निल
mood-relaxed = सुकून भरी
    .become = सुकून भरा
mood-reflective = चिंतनशील
mood-lively = जीवंत
mood-playful = चंचल
mood-groovy = थिरकाने वाली
    .become = थिरकाने वाला
mood-energetic = ऊर्जावान
mood-powerful = दमदार
mood-intense = तीव्र
mood-aggressive = आक्रामक
mood-grand = भव्य
mood-solemn = गंभीर
mood-dramatic = नाटकीय
mood-epic = महाकाव्यात्मक
mood-bold = निर्भीक
mood-steady = प्रवाहमय
mood-light = हल्की
    .become = हल्का
mood-warm = गर्मजोशी भरी
    .become = गर्मजोशी भरा
mood-happy = ख़ुशनुमा
mood-sad = उदास
mood-emotional = भावपूर्ण
mood-nostalgic = पुरानी यादों भरी
    .become = पुरानी यादों भरा
mood-passionate = जोशीली
    .become = जोशीला
mood-romantic = रूमानी
mood-dark = अंधकारमय
mood-scary = डरावनी
    .become = डरावना
mood-tense = तनावपूर्ण
mood-mysterious = रहस्यमय
mood-ethereal = अलौकिक
mood-hypnotic = सम्मोहक
mood-inspiring = प्रेरक

## शैलियाँ

genre-orchestral = ऑर्केस्ट्रा संगीत
    .piece = ऑर्केस्ट्रा रचना
genre-classical = पश्चिमी शास्त्रीय संगीत
    .piece = पश्चिमी शास्त्रीय रचना
genre-rock = रॉक
    .piece = रॉक रचना
genre-hard-rock = हार्ड रॉक
    .piece = हार्ड रॉक रचना
genre-metal = मेटल
    .piece = मेटल रचना
genre-pop = पॉप
    .piece = पॉप रचना
genre-electropop = इलेक्ट्रोपॉप
    .piece = इलेक्ट्रोपॉप रचना
genre-electronic = इलेक्ट्रॉनिक संगीत
    .piece = इलेक्ट्रॉनिक रचना
genre-jazz = जैज़
    .piece = जैज़ रचना
genre-blues = ब्लूज़
    .piece = ब्लूज़ रचना
genre-folk = लोक संगीत
    .piece = लोक रचना
genre-country = कंट्री संगीत
    .piece = कंट्री रचना
genre-hip-hop = हिप-हॉप
    .piece = हिप-हॉप रचना
genre-reggae = रेगे
    .piece = रेगे रचना
genre-latin = लैटिन संगीत
    .piece = लैटिन रचना
genre-ambient = ऐम्बिएंट संगीत
    .piece = ऐम्बिएंट रचना
genre-funk = फ़ंक
    .piece = फ़ंक रचना
genre-gospel = गॉस्पेल
    .piece = गॉस्पेल रचना
genre-instrumental = वाद्य संगीत
    .piece = वाद्य रचना
