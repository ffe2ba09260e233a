"""What settings say of each other: every name that is used exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from coverage_gis.settings.model import Service, Settings


def check_references(settings: Settings) -> None:
    """Every service and preset that is named somewhere exists."""
    _check_services(settings)
    named = [(f"coverage.{p.name}", p.walkers) for p in settings.coverage_presets.values()]
    named += [(f"vacuum.{p.name}", p.walkers) for p in settings.vacuum_presets.values()]
    for where, walkers in named:
        if walkers is not None and walkers not in settings.network.walk.walkers:
            raise SettingsError(
                f"Settings: {where}.walkers '{walkers}' is none of "
                f"{', '.join(settings.network.walk.walkers)}; give the speed under "
                "[network.walk.walkers]."
            )
    for preset in settings.coverage_presets.values():
        for rule in preset.rules:
            for name in rule.services:
                if name not in settings.services:
                    raise SettingsError(
                        f"Settings: coverage.{preset.name} names the unknown service '{name}'."
                    )
                if rule.mode not in settings.services[name].modes:
                    raise SettingsError(
                        f"Settings: coverage.{preset.name} wants {name} by {rule.mode}, "
                        f"which services.{name}.modes leaves out."
                    )
    _check_measures(settings)
    summary = settings.coverage_presets.get(settings.run.summary_preset)
    if summary is None or not any(
        settings.run.summary_service in rule.services for rule in summary.rules
    ):
        raise SettingsError(
            f"Settings: run.summary_preset '{settings.run.summary_preset}' must be a coverage "
            f"preset with a rule for run.summary_service '{settings.run.summary_service}'."
        )
    if settings.run.default_vacuum_preset not in settings.vacuum_presets:
        raise SettingsError(
            f"Settings: run.default_vacuum_preset '{settings.run.default_vacuum_preset}' "
            f"is none of {', '.join(settings.vacuum_presets)}."
        )


def _check_services(settings: Settings) -> None:
    """Check that services name themes and other services that exist."""
    for service in settings.services.values():
        if service.theme not in settings.themes:
            raise SettingsError(
                f"Settings: services.{service.name}.theme '{service.theme}' is none of "
                f"{', '.join(settings.themes)}; add it under [themes] with its Japanese label."
            )
        for member in service.any_of:
            if member not in settings.services or settings.services[member].is_group:
                raise SettingsError(
                    f"Settings: services.{service.name}.any_of names '{member}', "
                    "which is not a service of its own."
                )
        if service.part_of and service.part_of not in settings.services:
            raise SettingsError(
                f"Settings: services.{service.name}.part_of names the unknown service "
                f"'{service.part_of}'."
            )
        _check_made_of(settings, service)


def _check_made_of(settings: Settings, service: Service) -> None:
    """Check what a service of departments or of a rank is made of."""
    for member in service.within:
        if member not in settings.services or not settings.services[member].sources:
            raise SettingsError(
                f"Settings: services.{service.name}.within names '{member}', which is not a "
                "service with sources of its own."
            )
    if not service.nth_of:
        return
    base = settings.services.get(service.nth_of)
    if base is None or base.nth_of:
        raise SettingsError(
            f"Settings: services.{service.name}.nth_of names '{service.nth_of}', which is no "
            "service whose facilities can be ranked."
        )
    if not set(service.modes) <= set(base.modes):
        raise SettingsError(
            f"Settings: services.{service.name}.modes has a mode that services.{base.name} lacks."
        )


def _check_measures(settings: Settings) -> None:
    """Check that the services which measures name are there to be counted."""
    measures = settings.measures
    named = [
        (f"daily_services.{preset.name}", reach.service, True)
        for preset in measures.daily_services.values()
        for part in preset.parts
        for reach in part.any_of
    ]
    named += [
        (f"food_access.kinds.{kind.name}", service, False)
        for kind in measures.food_access.kinds
        for service in kind.services
    ]
    named.append(("shelters.service", settings.shelters.service, False))
    named += [("support.people", service, False) for service in settings.support.people]
    named += [("choice.services", service, True) for service in measures.choice.services]
    for where, name, group_too in named:
        service = settings.services.get(name)
        if service is None or (service.is_group and not group_too):
            raise SettingsError(
                f"Settings: {where} names '{name}', which is no service that it can count."
            )
