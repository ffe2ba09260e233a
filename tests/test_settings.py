"""Settings: what is shipped holds together, what a user changes is checked by name."""

from __future__ import annotations

import copy
import re
import tomllib

import pytest

from coverage_gis import schema
from coverage_gis.errors import MissingInputError, SettingsError
from coverage_gis.settings import overlay, parse
from coverage_gis.sources.catalogue import SYNTHETIC, catalogue
from coverage_gis.sources.settings_file import load_settings, shipped_tables


def changed(text: str):
    return parse(overlay(shipped_tables(), tomllib.loads(text)))


def test_what_is_shipped_is_in_si_units():
    shipped = load_settings()
    assert shipped.network.walk.speed_m_per_s == pytest.approx(80 / 60)
    assert shipped.network.drive.speed_m_per_s["primary"] == pytest.approx(40 / 3.6)
    assert shipped.run.margin_m == 40_000
    assert shipped.run.subpoint_spacing_m == 125
    assert shipped.vacuum_presets[shipped.run.default_vacuum_preset].rail_m == 1000


def test_every_preset_says_where_it_comes_from():
    shipped = load_settings()
    presets = [*shipped.coverage_presets.values(), *shipped.vacuum_presets.values()]
    assert all(preset.source and preset.label_ja for preset in presets)


def test_every_source_of_a_service_is_in_the_catalogue():
    named = {
        part
        for service in load_settings().services.values()
        for alternative in service.sources
        for part in alternative
    }
    assert named <= set(catalogue())


def test_catalogue_has_all_that_outputs_print():
    for kind, source in catalogue().items():
        assert source.kind == kind
        assert source.title_ja
        assert source.title_en
        assert source.licence
        assert source.attribution
    assert "架空" in catalogue()[SYNTHETIC].attribution
    assert catalogue()["p11"].licence_of("P11-10") == "非商用"
    assert catalogue()["p11"].licence_of("P11-22") == catalogue()["p11"].licence


def test_a_service_is_added_by_settings_alone(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(
        '[themes]\nculture = "文化"\n[services.library]\nlabel_ja = "図書館"\n'
        'theme = "culture"\nosm = ["amenity=library"]\nsources = ["osm"]\n'
        '[coverage.mine]\nlabel_ja = "図書館1 km"\nsource = "市の計画"\n'
        'rules = [{ services = ["library"], mode = "walk", metrics = ["road"], unit = "m", '
        "cutoffs = [1000] }]\n",
        encoding="utf-8",
    )
    settings = load_settings(file)
    assert settings.services["library"].osm == (("amenity", "library"),)
    assert settings.services["library"].modes == (schema.WALK, schema.DRIVE)
    assert settings.services["library"].label_en == "library"
    assert settings.coverage_presets["mine"].rules[0].cutoffs == (1000.0,)
    # All else is as shipped.
    assert settings.services["hospital"] == load_settings().services["hospital"]
    assert set(settings.services) == {*load_settings().services, "library"}


def test_one_number_changes_one_number():
    settings = changed("[network.walk]\nspeed_m_per_min = 60\n")
    shipped = load_settings()
    assert settings.network.walk.speed_m_per_s == 1
    assert settings.network.drive == shipped.network.drive
    assert settings.services == shipped.services


def test_overlay_leaves_its_inputs_alone():
    base = shipped_tables()
    before = copy.deepcopy(base)
    top = {"run": {"margin_km": 5}}
    overlay(base, top)
    assert base == before
    assert top == {"run": {"margin_km": 5}}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[run]\nmargin_km = -1", "run.margin_km"),
        ("[run]\nmargin_km = true", "run.margin_km"),
        ("[run]\nmargin_km = nan", "run.margin_km"),
        ('[run]\nmargin_km = "20"', "run.margin_km"),
        ("[run]\nmargin = 20", "run.margin"),
        ('[run]\ncovered_by = "area"', "run.covered_by"),
        ('[run]\ndefault_vacuum_preset = "none"', "run.default_vacuum_preset"),
        ("[network.walk]\nspeed_km_per_h = 4", "network.walk.speed_km_per_h"),
        ('[network.walk]\nminimise = "time"', "network.walk.minimise"),
        ("[network.drive.speed_km_per_h]\nprimary = 0", "network.drive.speed_km_per_h.primary"),
        ('[services.shop]\nlabel_ja = "x"\nany_of = ["nothing"]', "services.shop.any_of"),
        ('[services.x]\nlabel_ja = "x"\ntheme = "medical"\nsources = []', "services.x"),
        ('[services.x]\nsources = ["osm"]', "services.x.label_ja"),
        (
            '[services.x]\nlabel_ja = "x"\ntheme = "medical"\nsources = ["osm"]\nosm = ["shop"]',
            "services.x.osm",
        ),
        (
            '[services.x]\nlabel_ja = "x"\ntheme = "medical"\nsources = ["osm"]\nmodes = ["fly"]',
            "services.x.modes",
        ),
        (
            '[services.x]\nlabel_ja = "x"\ntheme = "medical"\nsources = ["osm"]\ntags = []',
            "services.x.tags",
        ),
        ("[vacuum.mlit-ksj-2025]\nrail_m = 0", "vacuum.mlit-ksj-2025.rail_m"),
        ('[coverage.ksj-2025]\nrules = "all"', "coverage.ksj-2025.rules"),
        ('[services.x]\nlabel_ja = "x"\nsources = ["osm"]', "services.x.theme"),
        ('[services.x]\nlabel_ja = "x"\ntheme = "fun"\nsources = ["osm"]', "services.x.theme"),
        ("services = 1", r"\[services\]"),
        ("extra = 1", "extra"),
    ],
)
def test_an_impossible_setting_is_named(text, key):
    with pytest.raises(SettingsError, match=key):
        changed(text)


CATCHMENT = "[floating_catchment.hospital-beds-2sfca]"
RULE = '{ services = ["shop"], mode = "walk", metrics = ["road"], unit = "m", cutoffs = [500] }'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[vacuum.mlit-ksj-2025]\nwalkers = "runner"', r"vacuum\..*'runner' is none of"),
        (
            f'[coverage.mine]\nlabel_ja="x"\nsource="x"\nwalkers="elderly"\nrules=[{RULE}]',
            r"coverage\.mine: walkers.*unit = 'min'",
        ),
        ("[services.shop]\npart_of = 'nothing'", r"services\.shop\.part_of"),
        (
            '[services.x]\nlabel_ja="x"\ntheme="medical"\nwithin=["shop"]\ndepartments=["内科"]',
            r"services\.x\.within names 'shop'",
        ),
        (
            '[services.x]\nlabel_ja="x"\ntheme="medical"\nnth_of="nothing"\nrank=2',
            r"services\.x\.nth_of names 'nothing'",
        ),
        ("[run]\nsummary_service = 'nothing'", r"run\.summary_preset"),
        ("[run]\nmargin_km = 1", r"run\.margin_km is 1, but .* may be"),
        ("[shelters]\nservice = 'nothing'", r"shelters\.service"),
        ("[support.people]\nnothing = 5", r"support\.people"),
        ("[choice]\ncutoffs_m = []", r"choice\.cutoffs_m"),
        ("[choice]\nservices = ['nothing']", r"choice\.services"),
        ("[choice]\nservices = 'shop'", r"choice\.services.*list of texts"),
        ("[comparison]\nrates = [0.9, 0.5]", r"comparison\.rates"),
        ("[comparison]\nrates = [0.9, 1.5]", r"comparison\.rates"),
        ("[food_access]\ncar_use_75plus = 1.2", r"food_access\.car_use"),
        (
            '[[food_access.kinds]]\nname="x"\nlabel_ja="x"\nservices=["supermarket"]\nweight=0.5',
            r"food_access\.kinds must add up",
        ),
        ("[outlook]\nyears = [2030, 2025]", r"outlook\.years must rise"),
        ("[outlook]\nshown = [1999]", r"outlook\.shown"),
        ("[sensitivity]\nshare = 1", r"sensitivity\.share"),
        ("[sensitivity]\ndraws = 2.5", r"sensitivity\.draws"),
        ("[service_quality]\ndistance_m = [500, 300]", r"service_quality\.trips_per_day must fall"),
        ("[service_quality]\nrail = ['A']", r"service_quality\.rail needs"),
        ("[doctorless]\nservices = ['nothing']", r"doctorless\.services"),
        (
            f"{CATCHMENT}\nweights = [1, 0.5]",
            r"floating_catchment\..* as many",
        ),
        (
            f"{CATCHMENT}\nlimits_m=[1, 2]\nlimits_min=[30, 20]\nweights = [1, 0.5]",
            r"limits_min must rise",
        ),
        (
            f"{CATCHMENT}\nlimits_m=[1, 2]\nlimits_min=[10, 20]\nweights = [0.5, 1]",
            r"weights must not rise",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_named(text, key):
    with pytest.raises(SettingsError, match=key):
        changed(text)


def test_quality_never_gets_better_farther_away():
    shipped = load_settings().service_quality
    turned = [*shipped.bus[:-1], shipped.bus[-1][::-1]]
    assert turned[-1] != shipped.bus[-1]
    with pytest.raises(SettingsError, match=r"service_quality\.bus gets better"):
        changed(f"[service_quality]\nbus = {turned!r}")


def test_themes_without_english_keep_their_names():
    tables = shipped_tables()
    del tables["themes_en"]
    assert parse(tables).themes_en == {name: name for name in tables["themes"]}


def test_a_straight_line_has_no_minutes():
    with pytest.raises(SettingsError, match=r"coverage\.mine.*straight"):
        changed(
            '[coverage.mine]\nlabel_ja = "x"\nsource = "x"\nrules = [{ services = ["shop"], '
            'mode = "walk", metrics = ["straight"], unit = "min", cutoffs = [5] }]'
        )


def test_a_rule_for_an_unknown_service_is_named():
    with pytest.raises(SettingsError, match=r"coverage\.mine.*'cinema'"):
        changed(
            '[coverage.mine]\nlabel_ja = "x"\nsource = "x"\nrules = [{ services = ["cinema"], '
            'mode = "walk", metrics = ["road"], unit = "m", cutoffs = [5] }]'
        )


def test_a_missing_table_is_named():
    tables = shipped_tables()
    del tables["run"]
    with pytest.raises(SettingsError, match=r"\[run\] is missing"):
        parse(tables)


def test_errors_of_a_user_file_name_it(tmp_path):
    file = tmp_path / "my.toml"
    with pytest.raises(MissingInputError, match=r"my\.toml does not exist"):
        load_settings(file)
    file.write_text("[run]\nmargin_km = \n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"my\.toml is not TOML.*line 2"):
        load_settings(file)
    file.write_text("[run]\nmargin = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"my\.toml: .*run\.margin"):
        load_settings(file)
    file.write_bytes("# 余白\n[run]\n".encode("cp932"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(file)


def test_a_bom_from_notepad_is_no_error(tmp_path):
    file = tmp_path / "my.toml"
    file.write_bytes(b"\xef\xbb\xbf[run]\r\nmargin_km = 50\r\n")
    assert load_settings(file).run.margin_m == 50_000


def test_other_numbers_under_a_published_name_are_refused(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("[vacuum.mlit-ksj-2025]\nbus_m = 400\n", encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r"mine\.toml: \[vacuum\.mlit-ksj-2025\] is a published"
    ):
        load_settings(mine)
    mine.write_text(
        '[vacuum.mlit-ksj-2025]\nbus_m = 400\nsource = "条例"\nlabel_ja = "本市"\n',
        encoding="utf-8",
    )
    assert load_settings(mine).vacuum_presets["mlit-ksj-2025"].bus_m == 400
    mine.write_text("[vacuum.mlit-ksj-2025]\nbus_m = 500\n", encoding="utf-8")
    assert load_settings(mine) == load_settings()


def test_everything_shipped_has_its_english() -> None:
    """The map can be switched to English: no label may stay behind."""
    settings = load_settings()
    assert set(settings.themes_en) == set(settings.themes)
    labelled = [
        *settings.services.values(),
        *settings.coverage_presets.values(),
        *settings.vacuum_presets.values(),
        *settings.measures.daily_services.values(),
        *(part for p in settings.measures.daily_services.values() for part in p.parts),
    ]
    assert [x.name for x in labelled if x.label_en in {"", x.name}] == []
    cited = [*settings.coverage_presets.values(), *settings.vacuum_presets.values()]
    assert [p.name for p in cited if not p.source_en] == []
    texts = [x.label_en for x in labelled] + [p.source_en for p in cited]
    assert [t for t in texts if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", t)] == []
