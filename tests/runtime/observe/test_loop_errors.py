from qpsmtpd.runtime.observe.loop_errors import LoopErrors


class Loop:
    """A loop's clock."""

    now = 0.0

    def time(self):
        return self.now


class Records(list):
    """A journal that keeps fields."""

    def record(self, event, level="info", **fields):
        self.append((level, fields["what"], fields["more"], fields["traceback"]))


def test_the_same_complaint_is_recorded_once_a_second_with_the_number_left_out():
    records, loop = Records(), Loop()
    errors = LoopErrors(records)
    for _ in range(3):
        errors(loop, {"message": "no descriptors"})
    errors(loop, {"message": "something else"})
    loop.now = 1.5
    errors(loop, {"message": "no descriptors"})
    assert records == [
        ("error", "no descriptors", 0, None),
        ("error", "something else", 0, None),
        ("error", "no descriptors", 2, None),
    ]


def test_an_exception_keeps_its_traceback():
    records = Records()
    LoopErrors(records)(Loop(), {"message": "oops", "exception": ZeroDivisionError("x")})
    assert "ZeroDivisionError: x" in records[0][3]


def test_ever_new_complaints_are_not_remembered_for_ever():
    records, errors = Records(), LoopErrors(Records())
    for number in range(1000):
        errors(Loop(), {"message": f"complaint {number}"})
    assert records == [] and len(errors._last) <= 100
