"""The check of pages finds each kind of fault, and nothing in a page without one."""

import pytest

from tests import markup

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>Page</title></head>'
    '<body><main id="main" class="main">{}</main></body></html>'
)


@pytest.mark.parametrize(
    "part",
    [
        '<p>Text<br>and <a href="/">a link</a></p><ul><li><div>deep</div></li></ul>',
        '<a href="/"><div>A whole card that is a link</div></a>',
        '<label for="name">Name</label><input id="name"><table><tr><th scope="row">1</th></tr></table>',
        '<dialog aria-labelledby="later"></dialog><section aria-labelledby="later" hidden></section>',
        '<svg role="img"><title>Chart</title><g><title>Point</title></g></svg>',
    ],
)
def test_a_valid_page_has_no_faults(part: str) -> None:
    assert markup.faults(PAGE.format(part)) == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("<p><div></div></p>", "line 1: unexpected-end-tag, {'name': 'p'}"),
        ('<p id="a" id="b"></p>', "line 1: duplicate-attribute, {}"),
        ('<p id="main"></p>', "id 'main' stands 2 times"),
        ('<p class=" ">x</p>', '<p class=" ">: an empty class'),
        ("<button>Go</button>", "<button>: no type"),
        ("<a>Go</a>", "<a>: no href"),
        ('<label for="gone">x</label>', "<label>: for points to 'gone', which is not here"),
        ("<ul><div></div></ul>", "<div> in <ul>"),
        ("<span><div></div></span>", "<div> in <span>"),
        ("<span><ins><div></div></ins></span>", "<div> in <ins>"),
        ('<a href="/"><input></a>', "<input> inside what can be pressed itself"),
    ],
)
def test_every_kind_of_fault_is_found(part: str, fault: str) -> None:
    assert markup.faults(PAGE.format(part)) == [fault]


def test_the_classes_of_a_page_are_read() -> None:
    assert markup.classes(PAGE.format('<p class="note is-warn"></p>')) == {
        "main",
        "note",
        "is-warn",
    }
