//! How each language words what others word differently: every fault that a critical reader found is
//! a test here, with the right wording.

use super::super::{Language, SummaryOptions};
use super::{Caption, Captions, LocalSummarizer};

fn translated(code: &str, text: &str) -> String {
    Caption::new(0, 0.0, 10.0, text).translated(Language::find(code).unwrap()).text
}

/// The summary of captions of ten seconds.
fn summary(code: &str, texts: &[&str]) -> String {
    let caption =
        |(i, text): (usize, &&str)| Caption::new(i, 10.0 * i as f64, 10.0 * (i + 1) as f64, *text);
    let captions: Vec<Caption> = texts.iter().enumerate().map(caption).collect();
    let captions = Captions::new(10.0 * texts.len() as f64, captions);
    let options = SummaryOptions::default().with_language(code);
    LocalSummarizer::new().describe(&captions, &options).unwrap()
}

#[test]
fn how_a_sound_plays_is_part_of_its_noun() {
    let text = "A flute plays a slow, calm melody over harp arpeggios, sustained strings and \
        piano chords. There are no drums.";
    for (code, expected) in [
        (
            "de",
            "Eine Flöte spielt eine langsame, ruhige Melodie, begleitet von Harfenarpeggien, \
             gehaltenen Streicherakkorden und Klavierakkorden, ohne Schlagzeug.",
        ),
        (
            "fr",
            "Une flûte joue une mélodie lente et calme, accompagnée par des arpèges de harpe, des \
             accords tenus de cordes et des accords de piano, sans batterie.",
        ),
        (
            "es",
            "Una flauta toca una melodía lenta y tranquila, con acompañamiento de arpegios de \
             arpa, acordes mantenidos de cuerdas y acordes de piano, sin batería.",
        ),
        (
            "it",
            "Un flauto suona una melodia lenta e calma, con accompagnamento di arpeggi d’arpa, \
             accordi tenuti d’archi e accordi di pianoforte, senza batteria.",
        ),
        (
            "pt",
            "Uma flauta toca uma melodia lenta e calma, com acompanhamento de arpejos de harpa, \
             acordes sustentados de cordas e acordes de piano, sem bateria.",
        ),
        (
            "ja",
            "ハープのアルペジオ、弦楽の持続和音、ピアノの和音の伴奏で、フルートがゆったりとして穏やかなメロディーを奏でる。ドラムは入っていない。",
        ),
        (
            "ko",
            "하프 아르페지오, 현악기 지속 화음, 피아노 화음 반주에 맞춰 플루트가 느리고 차분한 선율을 연주한다. 드럼은 없다.",
        ),
        ("zh", "长笛演奏缓慢、平静的旋律，由竖琴琶音、弦乐长音和弦与钢琴和弦伴奏，没有鼓。"),
        (
            "hi",
            "हार्प के आर्पेजियो, तार-वाद्यों के लंबे कॉर्ड और पियानो के कॉर्ड की संगत में बाँसुरी \
             पर एक धीमी और शांत धुन बजती है। इसमें ड्रम नहीं हैं।",
        ),
    ] {
        assert_eq!(translated(code, text), expected);
    }
    // A hyphen before a capital letter, adjectives in their case.
    assert_eq!(
        translated("de", "A flute plays a slow tune over soft distorted guitar chords and bass."),
        "Eine Flöte spielt eine langsame Melodie, begleitet von leisen verzerrten \
         E-Gitarren-Akkorden und Bass."
    );
    assert_eq!(
        translated("fr", "A flute plays a slow tune over accordion chords and organ arpeggios."),
        "Une flûte joue une mélodie lente, accompagnée par des accords d’accordéon et des \
         arpèges d’orgue."
    );
}

#[test]
fn who_plays_chords_plays_no_melody() {
    for (code, expected) in [
        ("de", "Eine Harfe spielt solo langsame, leise Arpeggien."),
        ("fr", "Une harpe joue seule une musique lente et douce en arpèges."),
        ("es", "Un arpa toca en solitario una música lenta y suave en arpegios."),
        ("it", "Un’arpa suona da sola una musica lenta e sommessa in arpeggi."),
        ("pt", "Uma harpa toca sozinha uma música lenta e suave em arpejos."),
        ("ja", "ハープが独奏で、ゆったりとして静かなアルペジオを奏でる。"),
        ("ko", "하프가 단독으로 느리고 조용한 아르페지오를 연주한다."),
        ("zh", "竖琴独奏缓慢、轻柔的琶音。"),
        ("hi", "केवल हार्प पर आर्पेजियो में एक धीमी और मृदु धुन बजती है।"),
    ] {
        assert_eq!(translated(code, "A harp plays slow, soft arpeggios, unaccompanied."), expected);
    }
}

#[test]
fn adjectives_of_several_words_stand_where_they_do_not_belong_to_another_noun() {
    // "Au tempo modéré et affirmé" would be an assertive tempo.
    for (code, expected) in [
        ("fr", "Un accordéon joue une mélodie affirmée au tempo modéré."),
        ("es", "Un acordeón toca una melodía decidida de tempo moderado."),
        ("it", "Una fisarmonica suona una melodia decisa a tempo moderato."),
        ("pt", "Um acordeão toca uma melodia decidida de andamento moderado."),
        ("hi", "अकॉर्डियन पर एक मध्यम गति की निर्भीक धुन बजती है।"),
    ] {
        assert_eq!(translated(code, "An accordion plays a mid-tempo, bold melody."), expected);
    }
}

#[test]
fn sounds_of_one_group_are_all_named_in_a_caption() {
    let text = "A flute plays a fast, happy melody over a xylophone and a glockenspiel.";
    for (code, expected) in [
        (
            "de",
            "Eine Flöte spielt eine schnelle, fröhliche Melodie, begleitet von Xylophon und \
             Glockenspiel.",
        ),
        (
            "fr",
            "Une flûte joue une mélodie rapide et joyeuse, accompagnée par un xylophone et un \
             glockenspiel.",
        ),
        (
            "es",
            "Una flauta toca una melodía rápida y alegre, con acompañamiento de xilófono y \
             glockenspiel.",
        ),
        (
            "it",
            "Un flauto suona una melodia veloce e allegra, con accompagnamento di xilofono e \
             glockenspiel.",
        ),
        (
            "pt",
            "Uma flauta toca uma melodia rápida e alegre, com acompanhamento de xilofone e \
             glockenspiel.",
        ),
        (
            "ja",
            "シロフォンとグロッケンシュピールの伴奏で、フルートが速く楽しげなメロディーを奏でる。",
        ),
        ("ko", "실로폰과 글로켄슈필 반주에 맞춰 플루트가 빠르고 밝은 선율을 연주한다."),
        ("zh", "长笛演奏快速、欢快的旋律，由木琴与钟琴伴奏。"),
        ("hi", "ज़ाइलोफ़ोन और ग्लॉकनश्पील की संगत में बाँसुरी पर एक तेज़ और ख़ुशनुमा धुन बजती है।"),
    ] {
        assert_eq!(translated(code, text), expected);
    }
}

#[test]
fn speech_over_music_does_not_name_the_piece_after_chords() {
    let text = "A woman speaks over fast music with acoustic guitar arpeggios and drums.";
    for (code, expected) in [
        ("de", "Ein schnelles Stück mit Akustikgitarrenarpeggien, Schlagzeug und Sprecherin."),
        (
            "fr",
            "Un morceau rapide avec arpèges de guitare acoustique, batterie et voix parlée \
             féminine.",
        ),
        ("es", "Una pieza rápida con arpegios de guitarra acústica, batería y locución femenina."),
        (
            "it",
            "Un brano veloce con arpeggi di chitarra acustica, batteria e voce femminile parlata.",
        ),
        ("pt", "Uma peça rápida com arpejos de violão, bateria e voz falada feminina."),
        ("ja", "アコースティックギターのアルペジオ、ドラム、女性の話し声を伴う、テンポの速い曲。"),
        ("ko", "어쿠스틱 기타 아르페지오, 드럼, 여성의 말소리를 곁들인 빠른 곡."),
        ("zh", "一首快节奏的乐曲，配以原声吉他琶音、鼓与女性说话声。"),
        ("hi", "अकूस्टिक गिटार के आर्पेजियो, ड्रम और महिला के बोलने की आवाज़ के साथ एक तेज़ रचना।"),
    ] {
        assert_eq!(translated(code, text), expected);
    }
}

#[test]
fn drums_alone_are_no_solo_piece() {
    for (code, expected) in [
        ("de", "Ein langsames, ruhiges Stück nur mit Schlagzeug."),
        ("fr", "Un morceau lent et calme pour batterie seule."),
        ("es", "Una pieza lenta y tranquila solo con batería."),
        ("it", "Un brano lento e calmo per sola batteria."),
        ("pt", "Uma peça lenta e calma só com bateria."),
        ("ja", "ドラムだけの、ゆったりとして穏やかな曲。"),
        ("ko", "드럼만 나오는 느리고 차분한 곡."),
        ("zh", "一首缓慢、平静的乐曲，只有鼓。"),
        ("hi", "एक धीमी और शांत रचना, जिसमें केवल ड्रम हैं।"),
    ] {
        assert_eq!(translated(code, "Drums alone, slow and calm."), expected);
    }
}

#[test]
fn a_solo_is_called_as_programmes_call_it() {
    let solo = "A clarinet plays a slow, calm melody, unaccompanied.";
    for (code, expected) in [
        ("en", "A slow, calm solo clarinet piece."),
        ("de", "Ein langsames, ruhiges Stück für Klarinette solo."),
        ("fr", "Un morceau lent et calme pour clarinette seule."),
        ("es", "Una pieza lenta y tranquila para clarinete solo."),
        ("it", "Un brano lento e calmo per clarinetto solo."),
        ("pt", "Uma peça lenta e calma para clarinete solo."),
        ("ja", "ゆったりとして穏やかなクラリネットの独奏曲。"),
        ("ko", "느리고 차분한 무반주 클라리넷 곡."),
        ("zh", "一首缓慢、平静的单簧管独奏曲。"),
        ("hi", "एक धीमी और शांत एकल क्लैरिनेट रचना।"),
    ] {
        assert_eq!(summary(code, &[solo; 2]), expected);
    }
    let strings = "Strings play a slow, calm melody, unaccompanied.";
    for (code, expected) in [
        ("en", "A slow, calm unaccompanied string piece."),
        ("de", "Ein langsames, ruhiges Stück für Streicher ohne Begleitung."),
        ("ja", "ゆったりとして穏やかな弦楽だけの曲。"),
        ("zh", "一首缓慢、平静的无伴奏弦乐曲。"),
    ] {
        assert_eq!(summary(code, &[strings; 2]), expected);
    }
}

#[test]
fn one_sound_gives_way_and_the_tempo_changes_as_each_language_says_it() {
    let slow = "A trumpet plays a slow, calm melody over an organ.";
    let fast = "A violin plays a fast, happy melody over drums.";
    for (code, expected) in [
        (
            "en",
            "A slow, calm trumpet piece with an organ; at 0:20 the trumpet and organ give way to \
             a violin and drums, and the music speeds up and becomes happy.",
        ),
        (
            "de",
            "Ein langsames, ruhiges Stück für Trompete mit Orgel; bei 0:20 werden Trompete und \
             Orgel von einer Geige und Schlagzeug abgelöst, und die Musik wird schneller und \
             fröhlich.",
        ),
        (
            "fr",
            "Un morceau lent et calme pour trompette avec orgue ; à 0:20, la trompette et l’orgue \
             cèdent la place à un violon et à la batterie, et le morceau, plus rapide, devient \
             joyeux.",
        ),
        (
            "es",
            "Una pieza lenta y tranquila para trompeta con órgano; en el minuto 0:20 la trompeta \
             y el órgano dejan paso a un violín y la batería, y la música, más rápida, se vuelve \
             alegre.",
        ),
        (
            "it",
            "Un brano lento e calmo per tromba con organo; al minuto 0:20 la tromba e l’organo \
             lasciano il posto a un violino e alla batteria, e il brano, più veloce, diventa \
             allegro.",
        ),
        (
            "pt",
            "Uma peça lenta e calma para trompete com órgão; aos 0:20 o trompete e o órgão dão \
             lugar a um violino e à bateria, e a música, mais rápida, fica alegre.",
        ),
        (
            "ja",
            "オルガンを伴う、ゆったりとして穏やかなトランペットの曲。0:20でトランペットとオルガンに代わってバイオリンとドラムが入り、テンポが上がり、楽しげな曲調になる。",
        ),
        (
            "ko",
            "오르간을 곁들인 느리고 차분한 트럼펫 곡. 0:20에 트럼펫과 오르간 대신 바이올린과 드럼이 나오고, 템포가 빨라지고 밝은 분위기로 바뀐다.",
        ),
        (
            "zh",
            "一首缓慢、平静的小号曲，配以风琴；0:20时小号与风琴退出，由小提琴与鼓接替，节奏加快，音乐变得欢快。",
        ),
        (
            "hi",
            "ऑर्गन के साथ एक धीमी और शांत ट्रम्पेट रचना; 0:20 पर ट्रम्पेट और ऑर्गन की जगह वायलिन \
             और ड्रम सुनाई देते हैं, और गति तेज़ और संगीत ख़ुशनुमा हो जाता है।",
        ),
    ] {
        assert_eq!(summary(code, &[slow, slow, fast, fast]), expected);
    }
}

#[test]
fn drums_and_groups_that_enter_have_the_article_of_each_language() {
    let piano = "A piano plays a slow melody.";
    let joined = "A piano plays a slow melody over strings and drums.";
    for (code, expected) in [
        ("en", "A slow piano piece, joined by strings and drums at 0:20."),
        ("de", "Ein langsames Klavierstück, zu dem bei 0:20 Streicher und Schlagzeug hinzukommen."),
        ("fr", "Un morceau lent pour piano, rejoint à 0:20 par les cordes et la batterie."),
        (
            "es",
            "Una pieza lenta para piano, a la que se suman las cuerdas y la batería en el minuto \
             0:20.",
        ),
        (
            "it",
            "Un brano lento per pianoforte, a cui si aggiungono gli archi e la batteria al minuto \
             0:20.",
        ),
        ("pt", "Uma peça lenta para piano, à qual se juntam as cordas e a bateria aos 0:20."),
        ("ja", "ゆったりとしたピアノ曲に、0:20から弦楽器とドラムが加わる。"),
        ("ko", "느린 피아노곡에 0:20부터 현악기와 드럼이 더해진다."),
        ("zh", "一首缓慢的钢琴曲，0:20时加入弦乐与鼓。"),
        ("hi", "एक धीमी पियानो रचना, जिसमें 0:20 पर तार-वाद्य और ड्रम जुड़ते हैं।"),
    ] {
        assert_eq!(summary(code, &[piano, piano, joined, joined]), expected);
    }
}

#[test]
fn what_is_missing_is_a_sentence_where_it_would_stand_before_the_noun() {
    let text = "An electric guitar plays a slow melody over a bass. There are no drums or vocals.";
    for (code, expected) in [
        ("en", "A slow electric guitar piece with a bass, without drums or vocals."),
        ("de", "Ein langsames Stück für E-Gitarre mit Bass, ohne Schlagzeug und Gesang."),
        ("ja", "ベースを伴う、ゆったりとしたエレキギターの曲。ドラムや歌は入っていない。"),
        ("ko", "베이스를 곁들인 느린 일렉트릭 기타 곡. 드럼과 보컬은 없다."),
        ("zh", "一首缓慢的电吉他曲，配以贝斯，没有鼓与人声。"),
        ("hi", "बेस के साथ एक धीमी इलेक्ट्रिक गिटार रचना। इसमें ड्रम और गायन नहीं हैं।"),
    ] {
        assert_eq!(summary(code, &[text; 2]), expected);
    }
}

#[test]
fn who_leads_a_piece_is_said_in_each_language() {
    let text = "Fast, energetic rock led by electric guitar, with organ chords and drums.";
    for (code, expected) in [
        (
            "de",
            "Ein schnelles, energiegeladenes Rockstück mit E-Gitarre im Vordergrund, dazu \
             Orgelakkorde und Schlagzeug.",
        ),
        (
            "fr",
            "Un morceau de rock rapide et énergique porté par une guitare électrique, avec \
             accords d’orgue et batterie.",
        ),
        (
            "es",
            "Una pieza de rock rápida y enérgica con una guitarra eléctrica al frente, acompañada \
             de acordes de órgano y batería.",
        ),
        (
            "it",
            "Un brano rock veloce ed energico con chitarra elettrica in primo piano, insieme ad \
             accordi d’organo e batteria.",
        ),
        (
            "pt",
            "Uma peça de rock rápida e enérgica com uma guitarra elétrica à frente, acompanhada \
             de acordes de órgão e bateria.",
        ),
        (
            "ja",
            "エレキギターを前面に出し、オルガンの和音とドラムを伴う、テンポが速くエネルギッシュなロック曲。",
        ),
        ("ko", "일렉트릭 기타를 앞세우고 오르간 화음과 드럼을 곁들인 빠르고 활기찬 록 음악."),
        ("zh", "一首快节奏、充满活力的摇滚乐曲，以电吉他为主，配以风琴和弦与鼓。"),
        (
            "hi",
            "एक तेज़ और ऊर्जावान रॉक रचना, जिसमें इलेक्ट्रिक गिटार प्रमुख है और साथ में ऑर्गन के \
             कॉर्ड और ड्रम हैं।",
        ),
    ] {
        assert_eq!(translated(code, text), expected);
    }
}
