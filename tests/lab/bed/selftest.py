"""Looks whether the comparing of transcripts tells right from wrong: a runner that lets everything pass would say so too late."""

import io
import tempfile
import unittest
from pathlib import Path

from .match import fill, match
from .transcript import Malformed, parse


class Match(unittest.TestCase):
    def test_lines_are_compared_with_blanks_squeezed(self):
        self.assertEqual(match(["a  b"], [" a b "], {}), {})
        self.assertIsNone(match(["a b"], ["ab"], {}))

    def test_nothing_expected_means_nothing_said(self):
        self.assertEqual(match([], [], {}), {})
        self.assertIsNone(match([], ["x"], {}))
        self.assertIsNone(match(["x"], [], {}))

    def test_a_name_is_one_word_and_the_same_every_time(self):
        self.assertEqual(match(["id=<id>"], ["id=7"], {}), {"id": "7"})
        self.assertIsNone(match(["id=<id>"], ["id=7"], {"id": "8"}))
        self.assertIsNone(match(["<x> <x>"], ["a b"], {}))
        self.assertIsNone(match(["id=<id>"], ["id=7 8"], {}))

    def test_signs_of_regular_expressions_mean_themselves(self):
        self.assertIsNone(match(["a.c"], ["abc"], {}))
        self.assertEqual(match(["(a) [b] $"], ["(a) [b] $"], {}), {})

    def test_anything_in_a_line_and_any_lines(self):
        self.assertEqual(match(["a <*> z"], ["a b c z"], {}), {})
        self.assertEqual(match(["<...>", "end"], ["1", "2", "end"], {}), {})
        self.assertIsNone(match(["<...>", "end"], ["1", "2"], {}))

    def test_words_are_put_into_commands_and_redirections_left_alone(self):
        self.assertEqual(fill("xm save <id> < file <New>", {"id": "7"}), "xm save 7 < file <New>")


class Parse(unittest.TestCase):
    def parse(self, text: str):
        with tempfile.NamedTemporaryFile("w", suffix=".lab") as f:
            f.write(text)
            f.flush()
            return parse(Path(f.name))

    def test_every_kind_of_line(self):
        t = self.parse("# Title\n# more\none$ cat <<E\n> a\n> E\nout\n2| err\n(exit 3)\n\ntwo~9 true\ncleanup:\nlab$ plug two\n")
        first, second = t.steps
        self.assertEqual((t.title, first.command, first.stdout, first.stderr, first.status), ("Title", "cat <<E\na\nE", ["out"], [" err"], 3))
        self.assertEqual((second.host, second.sign, second.seconds), ("two", "~", 9))
        self.assertEqual([s.command for s in t.cleanup], ["plug two"])

    def test_who_needs_both_hosts(self):
        for text, both in [("one$ xm list\n", False), ("one$ true\n\ncleanup:\ntwo$ true\n", True), ("lab$ plug one\n", True),
                           ("one$ ping 192.168.77.2\n", True), ("one$ true\n192.168.77.1:5900\n", True), ("one$ guest 192.168.77.20\n", False)]:
            self.assertEqual(self.parse("# Title\n" + text).wants_both_hosts(), both, text)

    def test_output_needs_a_command(self):
        with self.assertRaises(Malformed):
            self.parse("# Title\n\nstray\n")


def passes(module: str = __name__) -> bool:
    """Runs the tests of one module, and prints what they say when one fails."""
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    said = io.StringIO()
    if unittest.TextTestRunner(said).run(suite).wasSuccessful():
        return True
    print(said.getvalue())
    return False
