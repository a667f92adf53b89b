"""Every error that a user can meet, the one place that maps the API's errors.

::

    UisError
    ├── FatalError                      the user must act
    │   ├── ConfigurationError          a setting is missing or wrong             exit code 2
    │   │   ├── MissingCredentials, UnknownBrand, UnknownTimezone, UnknownField,
    │   │   │   InvalidSetting, InvalidArgument, InvalidOption, ReversedRange, MissingExtra,
    │   │   │   MissingPackage, DestinationNotConfigured, DestinationMisconfigured,
    │   │   │   NothingLoaded, OutputNotWritable, NotADatabase, UnreadableSetting,
    │   │   │   UnknownPrivacyField, PrivacyRefused, PrivacyKeyUnusable,
    │   │   │   WriteDispositionRefused, ContractRefused, CursorRefused, OneCustomerOnly,
    │   │   │   NotVerifiable, OneReportOnly,
    │   │   │   InvalidName, UnreadableFile, WorkingFolderUnusable, CurrentFolderUnusable,
    │   │   │   PortUnusable, CustomersRefused, PackageTooOld, UnknownReport, RecordingsProtected,
    │   │   │   RecordingsNotLoaded, StoreUnusable, UnknownLogLevel
    │   │   ├── AnotherAccount          the tables hold another one's calls
    │   │   └── NotADataApi             something else answers at the address
    │   ├── AccessError                 the API knows us, or not, and refuses     exit code 2
    │   │   ├── AccessTokenInvalid, AccessTokenExpired, AccessTokenBlocked, LoginRefused,
    │   │   │   IpNotWhitelisted, Forbidden, AccountInactive, MethodDisabled, MethodNotFound,
    │   │   │   ReportsRefused
    │   ├── RequestRefused              the API does not take what was asked      exit code 1
    │   │   ├── FilterProhibited, SortProhibited, DateIntervalTooLong
    │   ├── WindowIncomplete            too few calls came, and strict_totals     exit code 1
    │   ├── DestinationFailed           the warehouse refused or went away        exit code 1
    │   │   ├── DestinationForbids      our role there lacks a right
    │   │   │   └── FileForbids         the same of a DuckDB file
    │   │   ├── DestinationUnreachable  nothing answers at its address
    │   │   ├── FileLocked              another program has the DuckDB file open
    │   │   ├── ColumnMissing           a column that is asked for was removed by hand
    │   │   ├── ViewsDepend             a table is to be made anew, and views depend on it
    │   │   ├── ViewsRefused            views can't be made, others may have been
    │   │   └── TableAltered            a table was changed by hand, so that rows don't fit
    │   │       ├── ColumnRetyped, ColumnRequired, KeyColumnMissing, NotATable, ConstraintViolated
    │   ├── StoreFailed                 recordings can't be stored any more       exit code 1
    │   ├── NoSpace                     a disk is full, or a file may not grow    exit code 1
    │   ├── Unforeseen                  of a library, or a fault of ours          exit code 1
    │   └── ApiError                    an error that we do not know              exit code 1
    ├── FieldUnavailable                the sync goes on without the field
    │   └── FieldComponentDisabled, FieldUnknown
    ├── DayPointsSpent                  come back later                           exit code 75
    └── RetriableError                  tried again; if it stays                  exit code 1
        └── ConnectionFailed, RequestTimedOut, ServerFailed, MalformedResponse,
            InternalServerError, MinutePointsSpent, RecordingCut, FileNotStored,
            RecordingsUnreachable
    Interrupted                         Ctrl-C or SIGTERM; no Exception           exit code 130, 143

Codes and mnemonics are those of the API's documentation. No message carries a token, a password, a
phone number, or a piece of an answer's data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from .secrecy.scrubbing import look_again, scrubbed


class UisError(Exception):
    """What went wrong (``message``) and what to do about it (``hint``), each one line.

    ``mnemonic``, ``code``, ``field`` and ``components`` (of the account, which are off) are the
    API's own, where it was the API that complained.
    """

    exit_code: ClassVar[int] = 1
    hint: str = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        mnemonic: str | None = None,
        code: int | None = None,
        field: str | None = None,
        components: Sequence[str] = (),
    ) -> None:
        self.message = message
        self.hint = self.hint if hint is None else hint
        self.mnemonic = mnemonic
        self.code = code
        self.field = field
        self.components = tuple(components)
        super().__init__(message)

    def __str__(self) -> str:
        known_as = f" ({self.mnemonic})" if self.mnemonic else ""
        return f"{self.message.rstrip('.')}{known_as}. {self.hint}".strip()


class Interrupted(BaseException):
    """Ctrl-C (SIGINT) or SIGTERM ends the command; nothing that handles errors handles it."""

    message = "Interrupted, nothing is lost"
    hint = "Run it again: it goes on from what is in the warehouse."
    mnemonic: str | None = None

    def __init__(self, signal_number: int) -> None:
        self.exit_code = 128 + signal_number
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}".strip()


def exit_code_of(error: BaseException | None) -> int:
    """The exit code of a command that ends with an error, or with none."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(bool(error.code))
    if isinstance(error, UisError | Interrupted):
        return error.exit_code
    return 0 if error is None else 1


class FatalError(UisError):
    """Trying again does not help: the user must act."""


class ConfigurationError(FatalError):
    """A setting is missing or wrong."""

    exit_code = 2


class MissingCredentials(ConfigurationError):
    """Neither a token nor a login and password are set."""

    hint = (
        "Set SOURCES__UIS__ACCESS_TOKEN, or SOURCES__UIS__LOGIN and SOURCES__UIS__PASSWORD, or"
        " write them into .dlt/secrets.toml under [sources.uis]."
    )

    def __init__(self) -> None:
        super().__init__("no access token and no login with password are configured")


class UnknownBrand(ConfigurationError):
    """``brand`` is none of ours."""

    def __init__(self, brand: str, known: Collection[str]) -> None:
        super().__init__(
            f"there is no brand {brand!r}",
            hint=f"Set SOURCES__UIS__BRAND to one of {', '.join(known)}.",
        )


class UnknownTimezone(ConfigurationError):
    """A time zone's name is not known."""

    def __init__(
        self, name: str, where: str = "SOURCES__UIS__TIMEZONE (or --timezone of the overview)"
    ) -> None:
        super().__init__(
            f"there is no time zone {name!r}",
            hint=f"Set {where} to an IANA name such as Europe/Moscow.",
        )


class UnknownField(ConfigurationError):
    """``exclude_fields`` names a field that is not asked for, or seems to misspell one."""

    def __init__(self, name: str, known: Sequence[str], near: str | None = None) -> None:
        hint = f"Asked for are {', '.join(known)}."
        if near is not None:
            hint = (
                f"Did you mean {near}? To drop an undocumented field of that very name, set"
                f' SOURCES__UIS__PRIVACY=\'{{"undocumented.{name}": "drop"}}\'.'
            )
        super().__init__(
            f"exclude_fields names {name!r}, which is not asked for", hint=hint, field=name
        )


class InvalidValue(ConfigurationError):
    """A value is out of its range; ``allowed`` says what is in it."""

    def __init__(self, message: str, hint: str, *, name: str, allowed: str) -> None:
        self.name = name
        self.allowed = allowed
        super().__init__(message, hint=hint)


class InvalidSetting(InvalidValue):
    """The value of a setting is."""

    def __init__(self, name: str, allowed: str) -> None:
        message = f"the setting {name} has a value that can't be used"
        hint = f"SOURCES__UIS__{name.upper().replace('.', '__')} takes {allowed}."
        super().__init__(message, hint, name=name, allowed=allowed)


class UnknownReport(ConfigurationError):
    """The setting ``reports`` names one that there is not."""

    def __init__(self, name: str, known: Collection[str], near: str | None) -> None:
        meant = f"Did you mean {near}? " if near else ""
        super().__init__(
            f"there is no report {name!r}", hint=f"{meant}The reports are {', '.join(known)}."
        )


class InvalidArgument(InvalidValue):
    """The value of an argument, which is no setting, is."""

    def __init__(self, name: str, allowed: str) -> None:
        message = f"the argument {name} has a value that can't be used"
        super().__init__(message, f"It takes {allowed}.", name=name, allowed=allowed)


class InvalidOption(InvalidValue):
    """The value of an option of the command line is."""

    def __init__(self, name: str, allowed: str) -> None:
        message = f"the option {name} has a value that can't be used"
        super().__init__(message, f"It takes {allowed}.", name=name, allowed=allowed)


class ReversedRange(ConfigurationError):
    """A range ends where it begins, or before that."""

    def __init__(self, start: str, end: str) -> None:
        self.start = start
        self.end = end
        super().__init__(
            f"{end} is not after {start}", hint=f"Give a later {end}, or an earlier {start}."
        )


class UnknownLogLevel(ConfigurationError):
    """dlt's setting of what it logs names no level."""

    hint = (
        "Set log_level in [runtime] (RUNTIME__LOG_LEVEL) to DEBUG, INFO, WARNING, ERROR or"
        " CRITICAL."
    )

    def __init__(self) -> None:
        super().__init__("dlt does not know the level that its log is set to")


class UnreadableSetting(ConfigurationError):
    """A setting's value can't be read as what it is meant to be; the value is not repeated."""

    hint = (
        "In the environment, lists and mappings are written as JSON; docs/configuration.md tells"
        " what each setting takes."
    )

    def __init__(self, name: str) -> None:
        super().__init__(f"the setting {name} has a value that can't be read")


class MissingExtra(ConfigurationError):
    """The destination, or the command ``what``, needs packages that are not installed."""

    def __init__(self, extra: str, what: str = "the destination") -> None:
        super().__init__(
            f"packages for {what} {extra} are not installed",
            hint=f"Run: pip install 'dlt-uis[{extra}]'.",
        )


class MissingPackage(ConfigurationError):
    """A setting or destination of dlt needs a package that is not installed."""

    def __init__(self, needing: str, package: str) -> None:
        super().__init__(
            f"{needing} needs the package {package}, which is not installed",
            hint=f"Run: pip install '{package}'.",
        )


class PackageTooOld(ConfigurationError):
    """A package is installed whose faults would get into the warehouse."""

    def __init__(self, package: str, installed: str, needed: str, fault: str) -> None:
        super().__init__(
            f"{package} {installed} {fault}", hint=f"Run: pip install '{package}>={needed}'."
        )


class DestinationNotConfigured(ConfigurationError):
    """A setting of the destination, most often its credentials, is missing or can't be used."""

    def __init__(self, destination: str, missing: str) -> None:
        name = missing if missing.isidentifier() else "credentials"
        section = f"destination.{destination}"
        section += ".credentials" if name == "credentials" else ""
        super().__init__(
            f"the destination {destination} is not configured: {missing}",
            hint=(
                f"Set DESTINATION__{destination.upper()}__{name.upper()}, or write it into"
                f" .dlt/secrets.toml under [{section}]."
            ),
        )


class DestinationMisconfigured(ConfigurationError):
    """The destination's address, user or password is not one that it takes."""

    def __init__(self, destination: str, what: str, example: str) -> None:
        super().__init__(
            f"the destination {destination} can't be used as it is configured: {what}",
            hint=f"Check DESTINATION__{destination.upper()}__CREDENTIALS: {example}.",
        )


class NothingLoaded(ConfigurationError):
    """The dataset, or its table of calls or other records, does not exist."""

    hint = (
        "Run dlt-uis sync or dlt-uis backfill first, or check --destination, --dataset and"
        " --pipeline-name."
    )

    def __init__(self, dataset: str, records: str = "calls") -> None:
        super().__init__(f"the dataset {dataset} has no {records} yet")


class OutputNotWritable(ConfigurationError):
    """A file that was asked for, with an ``option``, can't be written."""

    def __init__(self, path: str, why: str, option: str = "--output") -> None:
        super().__init__(
            f"can't write {path}: {why}",
            hint=f"Check the folder and its rights, or name another file with {option}.",
        )


class NotADatabase(ConfigurationError):
    """The destination keeps files and can't be asked for rows."""

    hint = "Use duckdb, postgres or bigquery."

    def __init__(self, destination: str) -> None:
        super().__init__(f"the destination {destination} is no database that can be asked")


class UnknownPrivacyField(ConfigurationError):
    """``privacy`` names neither a field nor a group."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        meant = f"Did you mean {', '.join(near)}? " if near else ""
        super().__init__(
            f"privacy names {name!r}, which is neither a field of the report nor a group",
            hint=(
                f"{meant}Groups are listed in docs/privacy.md; a field that the API's"
                f" documentation does not list is named 'undocumented.{name}'."
            ),
            field=name,
        )


class PrivacyRefused(ConfigurationError):
    """``privacy`` asks for what can't be done to a field; ``name`` is what it names."""

    def __init__(self, field: str, why: str, name: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"privacy can't do that to {field}: {why}",
            hint=f"Set {name} in [sources.uis.privacy] to {' or '.join(allowed)}.",
            field=field,
        )


class PrivacyKeyUnusable(ConfigurationError):
    """Fields are to be pseudonymised, and the key for it is missing or too short."""

    hint = (
        "Set SOURCES__UIS__PRIVACY_KEY, or privacy_key in .dlt/secrets.toml under [sources.uis], to"
        " a random text of at least 32 characters, such as openssl rand -hex 32 prints, and keep"
        " it: another key makes other pseudonyms."
    )


class WriteDispositionRefused(ConfigurationError):
    """A write disposition, set by the host's project, would leave a table wrong."""

    def __init__(self, table: str, disposition: str, instead: str) -> None:
        super().__init__(f"{table} can't be loaded with {disposition}", hint=instead)


class ContractRefused(ConfigurationError):
    """A schema contract, set by the host's project, would lose calls."""

    hint = (
        "With discard_row dlt drops a whole page of calls where a new field comes. Use"
        " discard_value, freeze or evolve for columns."
    )

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} can't be loaded with the contract discard_row for columns")


class CursorRefused(ConfigurationError):
    """The ``dlt.sources.incremental`` that was passed in can't be the cursor of calls."""

    hint = (
        "Pass uis_source(start_time=dlt.sources.incremental('start_time', …)), with initial_value"
        " and end_value as times if you set them."
    )

    def __init__(self, why: str) -> None:
        super().__init__(f"this dlt.sources.incremental can't be used: {why}")


class InvalidName(ConfigurationError):
    """The name of a pipeline or dataset is one that files, folders or tables can't have."""

    def __init__(self, option: str, name: str, allowed: str) -> None:
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
        super().__init__(f"{option} can't be {shown!r}", hint=f"Choose {allowed}.")


class UnreadableFile(ConfigurationError):
    """A file with dlt's configuration or secrets can't be read, or is no TOML."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} can't be read: {why}", hint="Correct the file.")


class WorkingFolderUnusable(ConfigurationError):
    """dlt's working folder, or a file in it, can't be made, read or written."""

    hint = (
        "Give the user who runs this the right to write it, or set DLT_DATA_DIR to another folder."
        " What is in the warehouse stays as it is, and the next run goes on from there."
    )

    def __init__(self, path: str, why: str) -> None:
        shown = path if len(path) <= _LONGEST_MESSAGE else f"{path[:_LONGEST_MESSAGE]}…"
        super().__init__(f"dlt's working folder can't be used, because of {shown}: {why}")


class CurrentFolderUnusable(ConfigurationError):
    """The current folder was deleted, or something in it can't be made, read or written."""

    hint = "Change to a folder that is there and that you may write, and run it again."

    def __init__(self, why: str) -> None:
        super().__init__(f"the current folder can't be used: {why}")


class PortUnusable(ConfigurationError):
    """The sandbox can't serve on a port."""

    hint = "Name another one with --port, above 1023; 0 takes any that is free."

    def __init__(self, port: int, why: str) -> None:
        super().__init__(f"the port {port} can't be used: {why}")


class OneCustomerOnly(ConfigurationError):
    """``user_id`` lists customers where only one can be read."""

    hint = (
        "A backfill takes a list of one, such as [101]: run it for each. To verify a customer, load"
        " it into a dataset of its own."
    )

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} can't tell the customers apart that user_id lists")


class OneReportOnly(ConfigurationError):
    """Several reports are asked for where only one can be read."""

    hint = 'Name the one that is meant, as in source={"reports": ["calls"]}, and run it for each.'

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} reads one report at a time, and several are asked for")


class NotVerifiable(ConfigurationError):
    """A report that is not asked for by time, so can't be compared day by day."""

    hint = "Each sync reads again whole chats of the last days; a backfill reads those of a range."

    def __init__(self, records: str) -> None:
        super().__init__(f"verify can't compare {records}: the API gives them chat by chat")


class CustomersRefused(ConfigurationError):
    """Tables that tell customers apart can't take calls that do not, nor the other way round."""

    def __init__(self, dataset: str, *, tells: bool) -> None:
        if tells:
            what = f"the tables of the dataset {dataset} do not tell customers apart"
            hint = "Load a list of customers into another --dataset with another --pipeline-name."
        else:
            what = f"the tables of the dataset {dataset} tell customers apart"
            hint = (
                "Set SOURCES__UIS__USER_ID to a list, which may be of one, such as [101]; or choose"
                " another --dataset and --pipeline-name."
            )
        is_list = "is" if tells else "is not"
        super().__init__(f"{what}, and user_id {is_list} a list", hint=hint)


class RecordingsProtected(ConfigurationError):
    """``privacy`` keeps links to recordings out of the warehouse, or puts pseudonyms there."""

    hint = (
        "Whoever has these fields can listen to calls. To store recordings, set them, or the group"
        " recordings, to keep in [sources.uis.privacy], and load the calls again: docs/privacy.md."
    )

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"by the setting privacy the warehouse does not have {', '.join(fields)}")


class RecordingsNotLoaded(ConfigurationError):
    """The warehouse lacks the fields that lead to recordings."""

    def __init__(self, dataset: str, fields: Sequence[str]) -> None:
        super().__init__(
            f"the dataset {dataset} does not tell of any recordings: it lacks {', '.join(fields)}",
            hint=(
                "Take them out of EXCLUDE_FIELDS, or name them in FIELDS, and run dlt-uis backfill"
                " with --restart over the days whose recordings you want."
            ),
        )


class StoreUnusable(ConfigurationError):
    """Recordings can't be stored where they were meant to be, or not be deleted there."""

    hint = (
        "Check the folder or address and its rights; credentials are those of dlt's filesystem, in"
        " [destination.filesystem.credentials] or DESTINATION__FILESYSTEM__CREDENTIALS__…."
    )

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{without_logins(place)} can't be used: {why}")


class AnotherAccount(ConfigurationError):
    """The tables hold calls of another account, or of another customer, than is configured."""

    hint = (
        "Choose another --dataset and --pipeline-name (in a pipeline of your own also other names"
        " of all tables). Or take the tables over: run dlt-uis sync --adopt once, or set"
        " SOURCES__UIS__ADOPT=true; their calls stay, and reading begins anew."
    )

    def __init__(self, dataset: str, table: str, *, held: str, configured: str) -> None:
        self.held, self.configured = held, configured
        super().__init__(
            f"the dataset {dataset} holds calls of {held} (table {table}), but {configured} is"
            " configured"
        )


class NotADataApi(ConfigurationError):
    """What answers at the configured address is not the Data API."""

    hint = "Check SOURCES__UIS__BRAND and SOURCES__UIS__API_URL, and any proxy on the way."

    def __init__(self, url: str, what: str) -> None:
        super().__init__(f"{url} does not answer as a Data API does: {what}")


class AccessError(FatalError):
    """The API refuses us; what is to be changed is in the account, or in our credentials."""

    exit_code = 2


class AccessTokenInvalid(AccessError):
    hint = "Check SOURCES__UIS__ACCESS_TOKEN, and that the token belongs to the configured brand."


class AccessTokenExpired(AccessError):
    hint = (
        "Make a new key in the account's administration and set SOURCES__UIS__ACCESS_TOKEN; or set"
        " SOURCES__UIS__LOGIN and SOURCES__UIS__PASSWORD: their sessions are renewed by themselves."
    )


class AccessTokenBlocked(AccessError):
    hint = "Unblock the key in the account's administration, or make a new one."


class LoginRefused(AccessError):
    hint = "Check SOURCES__UIS__LOGIN and SOURCES__UIS__PASSWORD, and the user's right to the API."


class IpNotWhitelisted(AccessError):
    hint = "Add the public IP address of this machine to the key's list in the account."


class Forbidden(AccessError):
    hint = "Give the user or key the right to read this report in the account's administration."


class AccountInactive(AccessError):
    hint = "The account is blocked: ask the provider."


class MethodDisabled(AccessError):
    hint = "The account's plan does not include it: ask the provider for the component."


class MethodNotFound(AccessError):
    hint = "Check SOURCES__UIS__BRAND and SOURCES__UIS__API_URL; the account may lack the method."


LACKING = (Forbidden, MethodDisabled, MethodNotFound)
"""What an account is told that lacks a right, a component or a method; it may read other things."""


class ReportsRefused(AccessError):
    """Several reports are asked for, and the account may read none of them."""

    hint = (
        "Check the rights of the user or key, and the components of the account; dlt-uis discover"
        " tells what can be read. The setting reports names what is asked for."
    )

    def __init__(self, reports: Sequence[str], reason: str, **about: Any) -> None:
        super().__init__(f"none of the reports {', '.join(reports)} may be read: {reason}", **about)


class RequestRefused(FatalError):
    """The API does not take what was asked: a filter or field of yours, or a fault of ours."""

    hint = "Check the settings filter, fields and user_id; if they are right, report this as a bug."


class FilterProhibited(RequestRefused):
    hint = "Take the field out of the setting filter: the API can't filter by it."


class SortProhibited(RequestRefused):
    """Ours: the sync sorts by ``start_time`` only."""


class DateIntervalTooLong(RequestRefused):
    """Ours: windows are cut to less than 3 months."""


class WindowIncomplete(FatalError):
    """The API returned fewer records for a window than it promised, twice (``strict_totals``)."""

    hint = (
        "Nothing was lost: nothing of this run was loaded, and the next run reads it all again."
        " Without SOURCES__UIS__STRICT_TOTALS a sync loads all that the API returns, and goes on."
    )

    def __init__(
        self, records: str, start: datetime, end: datetime, *, promised: int, received: int
    ) -> None:
        self.start, self.end = start, end
        self.promised, self.received = promised, received
        super().__init__(
            f"the API promised {promised} {records} from {start} to {end} (account's time) and"
            f" returned {received}"
        )


class DestinationFailed(FatalError):
    """The warehouse refused the data or can't be reached."""

    hint = "Nothing is lost: the next run goes on. With --debug the whole error is shown."


class DestinationForbids(DestinationFailed):
    """The role or account that loads lacks a right in the warehouse; the message names it."""

    hint = (
        "Grant the rights that docs/warehouses.md lists for this destination. Nothing is lost: the"
        " next run goes on."
    )

    def __init__(self, destination: str, what: str) -> None:
        super().__init__(f"the destination {destination} refuses: {what}")


class FileForbids(DestinationForbids):
    """The DuckDB file can be read, or is there, but may not be written."""

    hint = (
        "Give the user who runs this the right to write the file and its folder, or name another"
        " file in DESTINATION__DUCKDB__CREDENTIALS. Nothing is lost: the next run goes on."
    )

    def __init__(self, path: str) -> None:
        DestinationFailed.__init__(self, f"the file {path} is read-only for this user")


class DestinationUnreachable(DestinationFailed):
    """Nothing answers at the destination's address, which is configured if ``address``."""

    def __init__(self, destination: str, what: str, *, address: bool) -> None:
        where = (
            f"that it runs, that host and port in DESTINATION__{destination.upper()}__CREDENTIALS"
            " are right"
        )
        super().__init__(
            f"no connection to the destination {destination}: {what}",
            hint=(
                f"Check {where if address else 'the network'}, and any firewall on the way."
                " Nothing is lost: the next run goes on."
            ),
        )


class FileLocked(DestinationFailed):
    """Another program has the DuckDB file open; one at a time may write it."""

    hint = (
        "Close that program, or wait until it ends, and run again. Nothing is lost: the next run"
        " goes on."
    )

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(f"{path} is locked: {holder} has it open")


class TableAltered(DestinationFailed):
    """A table was changed by hand so that rows don't fit; ``statement`` is what helps, in SQL."""

    def __init__(self, what: str, statement: str, then: str = "the next run goes on") -> None:
        super().__init__(
            what,
            hint=f"It was changed by hand. Run there: {statement} Nothing is lost: {then}.",
        )


class ColumnRetyped(TableAltered):
    """A column has another type than it is loaded with, and values don't fit it."""

    def __init__(self, column: str, found: str, wanted: str, statement: str) -> None:
        super().__init__(f"{column} is {found}, and there are values that need {wanted}", statement)


class ColumnRequired(TableAltered):
    """A column may not be null, and rows have no value for it."""

    def __init__(self, column: str, statement: str) -> None:
        super().__init__(f"{column} is NOT NULL, and there are rows without a value", statement)


class KeyColumnMissing(TableAltered):
    """A column is missing without which the rows of its table are of no use.

    ``then`` says how what is dropped comes back.
    """

    def __init__(self, column: str, statement: str, then: str) -> None:
        super().__init__(f"{column} is missing, without which rows are of no use", statement, then)


class NotATable(TableAltered):
    """A view has the name of a table that is loaded."""

    def __init__(self, table: str, statement: str) -> None:
        super().__init__(f"{table} is a view, and nothing can be loaded into it", statement)


class ColumnMissing(DestinationFailed):
    """A column that is asked for is missing; the next load makes it anew."""

    hint = "It was removed by hand. Run dlt-uis sync: it makes the column anew."

    def __init__(self, column: str) -> None:
        super().__init__(f"{column} is missing")


class ViewsDepend(DestinationFailed):
    """A table has to be made anew, as those of lists once are, and views depend on it."""

    hint = (
        "Drop these views, run this again, and create them anew. Nothing is lost: the next run goes"
        " on."
    )

    def __init__(self, what: str) -> None:
        super().__init__(f"views depend on a table that has to be made anew: {what}")


class ViewsRefused(DestinationFailed):
    """Some of the views can't be made or replaced, each with what the warehouse says; the others
    are."""

    hint = (
        "What hangs on a view of ours has to go first, and what has the name of one has to be"
        " renamed; then run dlt-uis views again."
    )

    def __init__(self, dataset: str, refused: Mapping[str, str]) -> None:
        named = "; ".join(f"{view} ({why})" for view, why in refused.items())
        super().__init__(f"in {dataset} these views are as they were: {named}")


class ConstraintViolated(TableAltered):
    """Rows violate a constraint, or a unique index, that is none of ours."""

    def __init__(self, table: str, constraint: str, statement: str) -> None:
        super().__init__(f"rows violate the constraint {constraint} of {table}", statement)


class StoreFailed(FatalError):
    """The place where recordings are stored refuses to take any more."""

    hint = (
        "Check the rights there. Nothing is lost: what is stored stays, and the next run goes on."
    )

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{without_logins(place)} can't be written any more: {why}")


class NoSpace(FatalError):
    """A disk is full, or a file may not grow any more."""

    hint = "Make room, and run it again. Nothing is lost: the next run goes on."

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no space left: {what}")


class Unforeseen(FatalError):
    """An error that nothing of the above stands for; most likely a fault of ours."""

    hint = (
        "Nothing is lost: what is in the warehouse stays. Run it again with --debug for the"
        " traceback, and report that with what --version says."
    )

    def __init__(self, kind: str, what: str) -> None:
        said = f": {what}" if what else ""
        super().__init__(f"an error that is not foreseen, {kind}{said}")


class ApiError(FatalError):
    """An error that the documentation does not list."""

    hint = "Run with --debug; if it stays, report it with the code."


class FieldUnavailable(UisError):
    """A field can't be read; the sync goes on without it."""


class FieldComponentDisabled(FieldUnavailable):
    """The field belongs to a component that the account does not have."""

    hint = "Add the component to the account, or name the field in exclude_fields."


class FieldUnknown(FieldUnavailable):
    """The API of this brand or version does not know the field."""

    hint = "Name it in exclude_fields to be rid of this message."


class DayPointsSpent(UisError):
    """The account's points of the day are spent, or what the reserve leaves of them.

    ``zone`` (IANA name) is the one that the time is told in.
    """

    exit_code = 75
    hint = "Run again then: nothing is lost."

    def __init__(self, reset_at: datetime, zone: str = "UTC", **about: Any) -> None:
        self.reset_at = reset_at
        local = reset_at.astimezone(ZoneInfo(zone))
        super().__init__(
            f"today's API points are spent until {local:%Y-%m-%d %H:%M} {zone}", **about
        )

    def told_in(self, zone: str | None) -> DayPointsSpent:
        """The same, with the time in another zone, if one is known."""
        if zone is None:
            return self
        return DayPointsSpent(self.reset_at, zone, mnemonic=self.mnemonic, code=self.code)


class RetriableError(UisError):
    """May pass by itself: it is tried again before it is raised.

    ``retry_after`` is in how many seconds, if the server says so.
    """

    hint = "It was tried several times. Run again later: nothing is lost."
    retry_after: float | None = None


class ConnectionFailed(RetriableError):
    hint = (
        "Check the network, any proxy, and SOURCES__UIS__API_URL. Nothing is lost: run again later."
    )

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"no connection to {host}: {why}")


class RequestTimedOut(RetriableError):
    """No answer came in the time that a request may take, or not all of it.

    ``is_slow``: it was still coming then.
    """

    hint = (
        "Check the network. Where it is slow, set SOURCES__UIS__REQUEST_TIMEOUT to more seconds."
        " Nothing is lost: run again later."
    )

    def __init__(self, host: str, seconds: float, *, is_slow: bool = False) -> None:
        self.is_slow = is_slow
        what = "did not send all of its answer" if is_slow else "did not answer"
        super().__init__(f"{host} {what} within {seconds:g} seconds")


class ServerFailed(RetriableError):
    """An HTTP error, or a page for people where JSON was due."""

    def __init__(self, host: str, status: int, content: str) -> None:
        super().__init__(f"{host} answered with HTTP status {status} and {content}")


class MalformedResponse(RetriableError):
    """An answer that is cut off, is not JSON, or has not the shape of an answer."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the API sent a malformed answer: {what}")


class InternalServerError(RetriableError):
    """The API's ``internal_error``, or an error without any code."""


class MinutePointsSpent(RetriableError):
    """The account's points of the minute are spent."""

    hint = "Other integrations of the account use its points: run again later."


class RecordingCut(RetriableError):
    """A recording came in part, or nobody can tell whether it is whole."""

    def __init__(self, host: str) -> None:
        super().__init__(f"a recording of {host} did not come whole")


class FileNotStored(RetriableError):
    """A file could not be written; others may be."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"a file could not be written to {without_logins(place)}: {why}")


class RecordingsUnreachable(RetriableError):
    """No recording could be had, one after the other; the last one because of ``error``."""

    hint = (
        "What is left stays pending: run it again later. Check the network, and"
        " SOURCES__UIS__BRAND, MEDIA_URL and RECORDS_URL."
    )

    def __init__(self, error: UisError) -> None:
        super().__init__(f"no more recordings could be stored: {error.message}")


_BY_MNEMONIC: Mapping[str, type[UisError]] = {
    "access_token_invalid": AccessTokenInvalid,
    "access_token_expired": AccessTokenExpired,
    "access_token_blocked": AccessTokenBlocked,
    "auth_error": LoginRefused,
    "ip_not_whitelisted": IpNotWhitelisted,
    "forbidden": Forbidden,
    "account_inactive": AccountInactive,
    "method_component_disabled": MethodDisabled,
    "parameter_component_disabled": FieldComponentDisabled,
    "method_not_found": MethodNotFound,
    "filter_prohibited": FilterProhibited,
    "sort_prohibited": SortProhibited,
    "date_interval_limit_reached": DateIntervalTooLong,
    "internal_error": InternalServerError,
    "limit_exceeded": MinutePointsSpent,
    "unexpected_parameters": RequestRefused,
    "invalid_parameter_value": RequestRefused,
    "invalid_parameters_combination": RequestRefused,
    "required_parameter_missed": RequestRefused,
    "data_type_error": RequestRefused,
}

_BY_CODE: Mapping[int, type[UisError]] = {
    -32700: RequestRefused,
    -32600: RequestRefused,
    -32601: MethodNotFound,
    -32602: RequestRefused,
    -32603: InternalServerError,
    -32001: AccessTokenInvalid,
    -32003: Forbidden,
    -32008: MethodDisabled,
    -32009: AccountInactive,
    -32029: MinutePointsSpent,
    -32099: RequestRefused,
}

_COMPONENT_OFF = -32008
_WRONG_PARAMETERS = -32602
_NOT_ABOUT_FIELDS = (-32700, -32600, -32099)
_OTHER_PARAMETERS = frozenset(
    ("access_token", "user_id", "limit", "offset", "filter", "filters", "condition", "operator",
     "sort", "order", "date_from", "date_till", "include_ongoing_calls")
)  # fmt: skip
"""Parameters beside ``fields`` that an error may name."""

_LONGEST_MESSAGE = 300
_SHOWN = 40

NAMES = "a word of letters, digits and _, with no digit first, such as uis"
"""What pipelines and datasets are called."""

_LOGIN = re.compile(r"//[^/\s]*@")
_PHONE = re.compile(r"\+?\d{10,15}|\+\d[\d ().-]{8,}\d|\d?[ -]?\(\d{3,5}\)[\d -]{4,}\d")


def error_from(
    error: Mapping[str, Any], *, asked: Collection[str] = (), secrets: Collection[str] = ()
) -> UisError:
    """The error for an error object of the API.

    Args:
        error: ``code``, ``message`` and ``data`` with ``mnemonic``, ``field`` and ``params``.
        asked: fields that the request asked for; ``unexpected_parameters`` about one of them
            is :class:`FieldUnknown`.
        secrets: never appear in the message, even if the API repeats them.
    """
    data, code = _data(error), _code(error)
    mnemonic = _text(data.get("mnemonic"))
    field = _text(data.get("field"))
    kind = _BY_MNEMONIC.get(mnemonic or "") or _BY_CODE.get(code or 0, ApiError)
    if code is None and mnemonic is None:
        # nothing of the API's own: what stands between us and it may have said so
        kind = InternalServerError
    named = _named_field(data, asked) if _names_a_field(kind, mnemonic, code, field) else None
    if named:
        off = kind in (FieldComponentDisabled, MethodDisabled)
        kind, field = (FieldComponentDisabled if off else FieldUnknown), named
    message = _scrubbed(_text(error.get("message")) or f"the API's error {code}", secrets)
    components = _components(data)
    if kind in (FieldComponentDisabled, MethodDisabled):
        needing = (field or "a field") if kind is FieldComponentDisabled else "this report"
        message = _component_off(components, _scrubbed(needing, secrets))
    elif kind in (RequestRefused, FieldUnknown) and field:
        message = f"{message} [{_scrubbed(field, secrets)}]"
    return kind(message, mnemonic=mnemonic, code=code, field=field, components=components)


def _names_a_field(
    kind: type[UisError], mnemonic: str | None, code: int | None, field: str | None
) -> bool:
    """Whether an error that names a field is about asking for it, and not about filtering by it."""
    if mnemonic == "unexpected_parameters" or kind is FieldComponentDisabled:
        return True
    is_vague = mnemonic is None and code in (_WRONG_PARAMETERS, _COMPONENT_OFF)
    return is_vague or (kind is RequestRefused and (field or "").split(".")[0] == "fields")


def may_be_about_fields(error: UisError) -> bool:
    """Whether an error may be about one of the fields that were asked for, and does not say so."""
    if isinstance(error, FieldUnavailable):
        return True
    if isinstance(error, MethodDisabled):
        return error.mnemonic != "method_component_disabled"
    if type(error) is not RequestRefused or error.code in _NOT_ABOUT_FIELDS:
        return False
    return re.split(r"[.\[]", error.field or "")[0] not in _OTHER_PARAMETERS


def about_field(name: str, refusal: UisError) -> FieldUnavailable:
    """The error for a field, as a request for it alone was refused so."""
    about: dict[str, Any] = {"mnemonic": refusal.mnemonic, "code": refusal.code, "field": name}
    if isinstance(refusal, FieldComponentDisabled | MethodDisabled):
        message = _component_off(refusal.components, name)
        return FieldComponentDisabled(message, components=refusal.components, **about)
    return FieldUnknown(refusal.message, **about)


def _component_off(components: Sequence[str], needing: str) -> str:
    named = ", ".join(components) or "(unnamed)"
    return f"the component {named} of the account is off, which {needing} needs"


def _data(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an error tells beside its code; that may also be missing, or just a mnemonic."""
    data = error.get("data")
    if isinstance(data, Mapping):
        return data
    known = [text for text in (data, error.get("message")) if _text(text) in _BY_MNEMONIC]
    return {"mnemonic": known[0]} if known else {}


def _code(error: Mapping[str, Any]) -> int | None:
    try:
        return int(float(str(error.get("code"))))
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _named_field(data: Mapping[str, Any], asked: Collection[str]) -> str | None:
    """The requested field that an error names, in whichever of its parts."""
    params = data.get("params")
    places = [data.get("field"), data.get("value"), params]
    if isinstance(params, Mapping):
        places += [value for name, value in params.items() if name != "components"]
    for place in places:
        for name in place if isinstance(place, list | tuple) else [place]:
            if isinstance(name, str):
                # a field may come with its path: fields.tags, tags.tag_id
                for part in reversed(name.split(".")):
                    if part in asked:
                        return part
    return None


def _components(data: Mapping[str, Any]) -> tuple[str, ...]:
    params = data.get("params")
    named = params.get("components") if isinstance(params, Mapping) else None
    names = named if isinstance(named, list) else [named]
    return tuple(str(name) for name in names if name)


def safe_line(text: str) -> str:
    """The first line of somebody else's error, without secrets and phone numbers, cut short."""
    look_again()
    # first of all: a part of a secret is not known any more
    return _scrubbed(without_logins(scrubbed(text).strip().split("\n", 1)[0]), ())


def without_logins(text: str) -> str:
    """A text in which addresses bear no user and password."""
    return _LOGIN.sub("//***@", text)


def _scrubbed(text: str, secrets: Collection[str]) -> str:
    """One line of bounded length without secrets and without anything like a phone number."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _PHONE.sub("***", " ".join(scrubbed(text).split()))
    return text[:_LONGEST_MESSAGE]
