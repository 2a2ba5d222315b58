"""Observations declared once: numbers, features, names, errors and the table."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import textenvs
from textenvs.core.fields import Category, Flag, Number
from textenvs.core.observation import Case, Observation

SMALL = Observation(
    Flag("listened", "Whether the agent has listened."),
    Number("belief", "Of the likeliest drawer.", buckets=(0.4, 0.6, 0.8)),
)
DESK = Observation(
    Case(
        "asking", "The persona is not known.", number=("food", "found"), also=("food_belief",), feature="phase_asking"
    ),
    Case("telling", "A detail is due.", number=("detail",), also=()),
    Case("over", "All is over.", also=(), feature="over"),
    Category("food", "The food.", ("unknown", "heard", "sure"), told=("heard", "sure")),
    Number("food_belief", "How likely it is."),
    Number("found", "How many there are.", 110, buckets=(1, 2, 6), log=True, absent="not asked"),
    Category("detail", "What is asked for.", ("phone", "address"), absent="phone"),
)


def test_a_small_observation():
    assert SMALL.size == 8
    assert SMALL.feature_names == ("listened", "belief")
    assert SMALL.discrete({"listened": True, "belief": 0.7}) == 6
    assert SMALL.features({"listened": True, "belief": 0.7}) == [1.0, 0.7]
    assert SMALL.features({"listened": None, "belief": None}) == [0.0, 0.0]


@pytest.mark.parametrize(("belief", "bucket"), [(0, 0), (0.39, 0), (0.4, 1), (0.6, 2), (0.79, 2), (0.8, 3), (1, 3)])
def test_a_bound_belongs_to_the_bucket_above_it(belief, bucket):
    assert SMALL.discrete({"listened": False, "belief": belief}) == bucket


def test_cases_follow_one_another():
    assert DESK.size == 3 * 5 + 2 + 1
    assert DESK.discrete({"case": "asking", "food": "sure", "found": None}) == 14
    assert DESK.discrete({"case": "telling", "detail": "address"}) == 16
    assert DESK.discrete({"case": "telling", "detail": None}) == 15
    assert DESK.discrete({"case": "over"}) == 17


def test_features_are_named_in_the_order_of_declaration():
    names = "phase_asking over food_heard food_sure food_belief found detail_phone detail_address"
    assert DESK.feature_names == tuple(names.split())
    values = {"case": "asking", "food": "heard", "food_belief": 0.25, "found": 5}
    assert DESK.features(values) == [1, 0, 1, 0, 0.25, math.log(6) / math.log(111), 0, 0]
    assert DESK.features({"case": "telling", "detail": "address"}) == [0, 0, 0, 0, 0, 0, 0, 1]
    assert DESK.features({"case": "over"}) == [0, 1, 0, 0, 0, 0, 0, 0]


def test_what_is_out_of_range_can_be_clipped():
    shown = Observation(Number("x", "", 3, -1, buckets=(0,), clip=True))
    assert [shown.features({"x": x}) for x in (-5, -1, 0, 1, 3, math.inf)] == [[0], [0], [0.25], [0.5], [1], [1]]
    assert [shown.discrete({"x": x}) for x in (-5, -0.1, 0, 9)] == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="'x' is nan: it must be a number from -1 to 3"):
        shown.features({"x": math.nan})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"listened": True, "belief": 1.2}, r"field 'belief' is 1\.2: it must be a number from 0 to 1 \(clip=True"),
        ({"listened": True, "belief": -0.1}, r"field 'belief' is -0\.1"),
        ({"listened": True, "belief": math.nan}, "field 'belief' is nan"),
        ({"listened": True, "belief": "much"}, "field 'belief' is 'much': it must be a number"),
        ({"listened": 2, "belief": 0.5}, "field 'listened' is 2: it must be one of False, True"),
        ({"listened": [], "belief": 0.5}, r"field 'listened' is \[\]"),
        ({"listened": True}, "field 'belief' is missing"),
        ({"listened": True, "beleif": 0.5}, "unknown field: 'beleif': did you mean 'belief'"),
        ({"listened": True, "belief": 0.5, "more": 1}, "unknown field: 'more'"),
    ],
)
def test_what_cannot_be_observed_is_refused(values, message):
    for observe in (SMALL.discrete, SMALL.features):
        with pytest.raises(ValueError, match=message):
            observe(values)


def test_cases_refuse_what_they_do_not_show():
    with pytest.raises(ValueError, match="unknown case 'askin': did you mean 'asking'"):
        DESK.discrete({"case": "askin"})
    with pytest.raises(ValueError, match="unknown field of case 'over': 'food'"):
        DESK.features({"case": "over", "food": "sure"})
    with pytest.raises(ValueError, match="unknown value of field 'food': 'sur': did you mean 'sure'"):
        DESK.discrete({"case": "asking", "food": "sur", "found": 0})
    with pytest.raises(ValueError, match="field 'food' of case 'asking' is None"):
        DESK.discrete({"case": "asking", "food": None, "found": 0})
    with pytest.raises(ValueError, match="field 'food_belief' of case 'asking' is missing"):
        DESK.features({"case": "asking", "food": "sure", "found": 0})


def test_none_needs_to_be_declared_for_the_number():
    with pytest.raises(ValueError, match="field 'belief' is None"):
        SMALL.discrete({"listened": True, "belief": None})


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Observation(Flag("a", ""), Number("a", "")), "two fields 'a'"),
        (lambda: Observation(Flag("case", "")), "reserved"),
        (lambda: Observation(Flag("a_b", ""), Category("a", "", ("b", "c"))), "two features 'a_b'"),
        (lambda: Observation(Case("x", ""), Case("x", "")), "two cases 'x'"),
        (lambda: Observation(Flag("a", ""), Case("x", "", ("b",))), "unknown field in case 'x': 'b'"),
        (lambda: Observation(Number("a", ""), Case("x", "", ("a",))), "'a' is in the number of case 'x'"),
        (lambda: Observation(Flag("a", ""), Case("x", "", also=())), "no case names the field 'a'"),
        (lambda: Category("a", "", ("b", "b")), "'a' needs values that differ"),
        (lambda: Category("a", "", ("b", "c"), told=("d",)), "unknown value of field 'a': 'd'"),
        (lambda: Category("a", "", ()), "'a' needs values"),
        (lambda: Number("a", "", 0), "'a' needs low < high"),
        (lambda: Number("a", "", buckets=(0.5, 0.4)), "buckets that rise"),
        (lambda: Number("a", "", buckets=(0.5, 0.5)), "bucket twice"),
        (lambda: Number("a", "", 1, -1, log=True), "low > -1"),
    ],
)
def test_a_wrong_declaration_is_refused(declare, message):
    with pytest.raises(ValueError, match=message):
        declare()


def test_what_is_given_need_not_be_given_again():
    values = {"case": "asking", "food": "heard", "food_belief": 0.25, "found": 5}
    for n in range(4):
        for names in itertools.combinations(("food", "food_belief", "found"), n):
            view = DESK.given({"case": "asking", **{name: values[name] for name in names}})
            rest = {name: value for name, value in values.items() if name not in (*names, "case")}
            assert view.discrete(rest) == DESK.discrete(values)
            assert view.features(rest) == DESK.features(values)
    with pytest.raises(ValueError, match="unknown field of case 'over': 'found'"):
        DESK.given({"case": "over", "found": 3})


def test_the_table_documents_both_observations():
    assert SMALL.table().splitlines() == [
        "| Field | `discrete` | `features` | Meaning |",
        "| --- | --- | --- | --- |",
        "| listened | no, yes | `listened`: 0 or 1 | Whether the agent has listened. |",
        "| belief | below 0.4, from 0.4, from 0.6, from 0.8 | `belief`: 0 to 1 | Of the likeliest drawer. |",
    ]
    table = DESK.table()
    assert "| asking | 0 to 14: food x found | `phase_asking`: 1 | The persona is not known. |" in table
    assert "| over | 17 | `over`: 1 | All is over. |" in table
    assert "`found`: 0 to 110 on a logarithmic scale, as 0 to 1 | How many there are. |" in table
    assert "| food_belief |  | `food_belief`: 0 to 1 |" in table


def representatives(field):
    """A value for each number that a field has in the discrete observation."""
    if isinstance(field, Category):
        own = list(field.values)
        return own if field.size == len(own) else [*own, None]
    return [field.low, *field.buckets, *([None] if field.absent else [])]


NAMES = st.sampled_from("abcdef")
BUCKETS = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=3, unique=True).map(sorted).map(tuple)
ABSENT = st.sampled_from([None, "none"])
FIELDS = st.lists(
    st.one_of(
        st.builds(Flag, NAMES, st.just("")),
        st.builds(Category, NAMES, st.just(""), st.integers(1, 4).map(range), absent=ABSENT),
        st.builds(Number, NAMES, st.just(""), buckets=BUCKETS, absent=ABSENT, log=st.booleans()),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda field: field.name,
)


@given(FIELDS, st.integers(0, 4))
def test_discrete_is_a_bijection_and_features_are_shares(fields, split):
    names = [field.name for field in fields]
    parts = [part for part in (names[:split], names[split:]) if part]
    cases = [Case(f"case {k}", "", part, also=()) for k, part in enumerate(parts)]
    observation = Observation(*fields, *cases, Case("end", "", also=()))
    numbers = [observation.discrete({"case": "end"})]
    for case in cases:
        values = [representatives(observation.fields[name]) for name in case.number]
        for combination in itertools.product(*values):
            seen = {"case": case.name, **dict(zip(case.number, combination, strict=True))}
            numbers.append(observation.discrete(seen))
            features = observation.features(seen)
            assert len(features) == len(observation.feature_names)
            assert all(0.0 <= feature <= 1.0 for feature in features)
    assert sorted(numbers) == list(range(observation.size))


@pytest.mark.parametrize(
    ("name", "size", "features"), [("TextDialogue-v0", 123, 25), ("TextQA-v0", 6387, 29), ("TextWriting-v0", 2690, 27)]
)
def test_the_sizes_of_our_tasks_stay(name, size, features):
    task = textenvs.task_of(name)
    assert (task.n_observations, len(task.feature_names)) == (size, features)


def test_values_can_be_filled_in_one_after_the_other():
    observation = Observation(Category("a", "doc", ("x", "y", "z")), Category("b", "doc", ("p", "q")), Flag("c", "doc"))
    for a in ("x", "y", "z"):
        for b in ("p", "q"):
            view = observation.given({"a": a}).given({"b": b})
            for c in (False, True):
                values = {"a": a, "b": b, "c": c}
                assert view.discrete({"c": c}) == observation.discrete(values)
                assert view.features({"c": c}) == observation.features(values)
