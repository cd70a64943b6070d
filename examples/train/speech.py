"""Speech for the renderer, by espeak-ng and flite (Debian packages of those names).

    python3 speech.py OUT [COUNT]

Writes man-*.wav and woman-*.wav, 10 to 12 seconds each at the synthesizers' own rates. Voices,
languages, pitch and speed vary; languages other than English say numbers.
"""

import random
import subprocess
import sys
import wave
from pathlib import Path

SENTENCES = """
The train to the coast leaves at half past nine from platform four.
Please remember to take your belongings with you when you leave.
In the afternoon the rain stopped and the streets began to dry.
She said that the meeting would take place on Thursday morning.
We walked along the river until we came to an old stone bridge.
Prices rose by two per cent in the first quarter of the year.
The museum is closed on Mondays, except during the summer holidays.
Good evening, and welcome to the programme. Here are the headlines.
He put the letter in his pocket and did not read it until much later.
Mix the flour with the butter, add an egg, and let the dough rest.
There are three things that you should know before you begin.
The results were announced yesterday, and nobody was surprised.
Turn left at the second crossing, then follow the road up the hill.
I have never seen so many people waiting in front of one small shop.
Scientists have measured how fast the glacier is melting.
Thank you all for coming. It means a great deal to me.
The second half began with an early goal for the visitors.
If you would like to hear this message again, please press one.
My grandmother kept her recipes in a tin box on the kitchen shelf.
When the lights went out, everyone in the room fell silent.
""".split("\n")[1:-1]
LANGUAGES = "en-us en-gb en-gb-scotland de fr es it pt nl sv pl ru cs tr el hu fi ro hi cmn ja id".split()
ESPEAK = {"man": ["m1", "m2", "m3", "m4", "m5", "m7", "Michael", "Andy", "Denis", "Lee", "Max", "Adam"],
          "woman": ["f1", "f2", "f3", "f4", "f5", "Annie", "Linda", "Alicia", "Belinda", "Steph"]}
FLITE = {"man": ["rms", "awb", "kal16"], "woman": ["slt", "slt", "slt"]}


def text(language, rng):
    if language.startswith("en"):
        return " ".join(rng.sample(SENTENCES, 5))
    return ", ".join(str(rng.randint(11, 99_999)) for _ in range(12))


def say(sex, path, rng):
    if rng.random() < 0.45:
        stretch = rng.uniform(0.8, 1.25)
        command = ["flite", "-voice", rng.choice(FLITE[sex]), "--setf", f"duration_stretch={stretch:.2f}",
                   "-t", text("en", rng), "-o", str(path)]
    else:
        language = rng.choice(LANGUAGES) if rng.random() < 0.6 else "en-us"
        command = ["espeak-ng", "-v", f"{language}+{rng.choice(ESPEAK[sex])}", "-s", str(rng.randint(110, 200)),
                   "-p", str(rng.randint(25, 70)), "-w", str(path), text(language, rng)]
    subprocess.run(command, check=True, capture_output=True)
    with wave.open(str(path)) as sound:
        parameters, frames = sound.getparams(), sound.readframes(12 * sound.getframerate())
    with wave.open(str(path), "wb") as sound:
        sound.setparams(parameters)
        sound.writeframes(frames)


def main():
    out, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 240
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        sex = ("man", "woman")[index % 2]
        path = out / f"{sex}-{index:03}.wav"
        if not path.exists():
            say(sex, path, random.Random(index))


main()
