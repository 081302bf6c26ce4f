"""People, systems and their bearer tokens. No patient data lives here."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

USERNAME_CHARACTERS_MAX = 64
NAME_CHARACTERS_MAX = 200
REFERENCE_CHARACTERS_MAX = 200

username_rule = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$", "Use letters, digits and . _ @ + - only, beginning with a letter or digit."
)
reference_rule = RegexValidator(r"^[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$", "Write it as Type/id, for example Practitioner/17.")


def known_roles(names: list[Any]) -> None:
    """Refuse anything but a list of roles that roles.yaml has; raises ValidationError."""
    from benchside.accounts.roles import role_table

    if not isinstance(names, list):  # pyright: ignore[reportUnnecessaryIsInstance]  # it may come from a form
        raise ValidationError("Roles are a list of names.")
    known = role_table().roles
    unknown = [str(name) for name in names if name not in known]
    if unknown:
        raise ValidationError(f"There is no role {', '.join(unknown)}. Roles are: {', '.join(known)}.")


class People(BaseUserManager["Person"]):
    """How people are found and made."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person who signs in as `username`, in whatever case it was typed; raises Person.DoesNotExist."""
        return self.get(username__iexact=username)

    def add(self, username: str, name: str, *, roles: list[str], reference: str = "", password: str | None) -> "Person":
        """Make and return a person; raises ValidationError with every fault. `password` None means: cannot sign in yet."""
        person = self.model(username=username, name=name, roles=roles, reference=reference)
        person.set_password(password)
        person.full_clean()
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in: staff, or a patient. What they may do comes from their roles."""

    username = models.CharField(max_length=USERNAME_CHARACTERS_MAX, unique=True, validators=[username_rule])
    name = models.CharField(max_length=NAME_CHARACTERS_MAX, help_text="As colleagues see it.")
    reference = models.CharField(
        max_length=REFERENCE_CHARACTERS_MAX,
        blank=True,
        validators=[reference_rule],
        help_text="Who this is in the record: Practitioner/id, or Patient/id for a patient.",
    )
    roles: models.JSONField[list[str]] = models.JSONField(
        default=list, blank=True, validators=[known_roles], help_text="Names of roles from accounts/roles.yaml."
    )
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    pin = models.CharField(max_length=128, blank=True, help_text="Hash of the PIN for shared tablets; empty: has none.")
    badge = models.CharField(max_length=64, null=True, blank=True, unique=True, help_text="Keyed digest of the code on the badge.")

    objects: ClassVar[People] = People()  # type: ignore[assignment]  # Django's managers are untyped class attributes
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]  # pyright: ignore[reportIncompatibleVariableOverride]  # Django reads it of the class

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("username"), name="accounts_person_username_any_case"),
        ]

    def __str__(self) -> str:
        return self.username


class System(models.Model):
    """A program or machine that calls Benchside: an analyser gateway, an EHR, a script."""

    name = models.CharField(max_length=NAME_CHARACTERS_MAX, unique=True)
    reference = models.CharField(
        max_length=REFERENCE_CHARACTERS_MAX,
        blank=True,
        validators=[reference_rule],
        help_text="Who this is in the record: Device/id or Organization/id.",
    )
    roles: models.JSONField[list[str]] = models.JSONField(
        default=list, blank=True, validators=[known_roles], help_text="Names of roles from accounts/roles.yaml."
    )
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """A bearer token of one person or one system. Only its SHA-256 is kept, so a stolen database opens no door."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hexadecimal.")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="tokens")
    system = models.ForeignKey(System, null=True, on_delete=models.CASCADE, related_name="tokens")
    purpose = models.CharField(max_length=NAME_CHARACTERS_MAX)
    scopes = models.JSONField(null=True, help_text="SMART scopes that narrow what the roles allow; empty means no narrowing.")
    patient = models.CharField(max_length=64, blank=True, help_text="Id of the one Patient that patient/ scopes are about.")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True, help_text="To the hour, so that reading does not mean writing.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=True, system__isnull=False) | models.Q(person__isnull=False, system__isnull=True),
                name="accounts_token_has_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose


class Tablet(models.Model):
    """A shared device that an administrator or a lead has registered: there, people of the shift come in by badge and PIN."""

    name = models.CharField(max_length=NAME_CHARACTERS_MAX, unique=True, help_text="As it is labelled: Collection room 1.")
    reference = models.CharField(
        max_length=REFERENCE_CHARACTERS_MAX, blank=True, validators=[reference_rule], help_text="Which Device it is in the record."
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what its cookie holds.")
    registered_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    registered = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """Somebody signed in with their password on a tablet: until `ends`, their PIN lets them in there again."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="shifts")
    tablet = models.ForeignKey(Tablet, on_delete=models.CASCADE, related_name="shifts")
    began = models.DateTimeField()
    ends = models.DateTimeField()
    password_mark = models.CharField(max_length=128, help_text="Ends the shift when the password changes.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "tablet"], name="accounts_shift_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.tablet_id}"  # type: ignore[attr-defined]  # Django makes the keys


class SignInFailure(models.Model):
    """A failed sign-in, kept for the throttle and for whoever looks into an attack."""

    username_digest = models.CharField(max_length=64, help_text="SHA-256 of the name as typed: people type passwords there.")
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["username_digest", "at"], name="accounts_failure_username"),
            models.Index(fields=["address", "at"], name="accounts_failure_address"),
        ]

    def __str__(self) -> str:
        return f"failure at {self.at:%Y-%m-%d %H:%M}"
