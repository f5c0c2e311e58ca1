"""What is the same everywhere. Outside services stand in services.py, differences in embedded.py and production.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from portal import env
from portal.security import keys

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = env.folder("PORTAL_DATA_DIR", BASE_DIR / "var")
KEYS_DIR = env.folder("PORTAL_KEYS_DIR", DATA_DIR / "keys")

SECRET_KEY = env.text("SECRET_KEY") or keys.key(KEYS_DIR, "secret")
PORTAL_ENCRYPTION_KEY = env.text("PORTAL_ENCRYPTION_KEY") or keys.key(KEYS_DIR, "encryption")
PORTAL_SIGNING_KEY = env.text("PORTAL_SIGNING_KEY") or keys.key(KEYS_DIR, "signing")

PORTAL_REVISION = env.text("PORTAL_REVISION")

DEBUG = False
HOST = env.text("HOST", "127.0.0.1")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
PORTAL_URL = env.text("PORTAL_URL").rstrip("/")  # what links in mails begin with; else the address of the request
# Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. None by default.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "portal",
    "answers",
    "knowledge",
    "tenants",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "guardian",
    "auditlog",
]

MIDDLEWARE = [
    "portal.http.middleware.head_is_get",
    "portal.http.middleware.trusted_proxy",
    "portal.http.middleware.security_headers",
    "audit.ledger.request_id.request_id",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.http.text_validation.TextInput",
    "portal.errors.handlers.ProblemMiddleware",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.context.page",
            ],
            "builtins": ["portal.templatetags.form_token"],
        },
    }
]

# People and sessions
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["tenants.signin.backend.EmailBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "portal_session"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "portal_csrf"
# Over https alone, as soon as every address that is used has it.
SECURE_COOKIES = env.flag(
    "SECURE_COOKIES", bool(CSRF_TRUSTED_ORIGINS) and all(o.startswith("https:") for o in CSRF_TRUSTED_ORIGINS)
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 0)
CSRF_FAILURE_VIEW = "portal.errors.handlers.csrf_failure"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
INVITATION_LIFETIME = timedelta(days=14)
EVEN_STEP = 0.25  # seconds; failed sign-ins and forgotten passwords are answered at full steps of it

# guardian: no anonymous user row, no generic permission tables in use
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
# Rights are asked through knowledge.permissions.access, never through user.has_perm
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# auditlog
AUDITLOG_LOGENTRY_MODEL = "audit.FieldChange"
AUDITLOG_USE_BASE_MANAGER = True
AUDITLOG_DISABLE_REMOTE_ADDR = True

# Time and language
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Static files are served by the program itself; their names get a digest at start (STORAGES in services.py).
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", DATA_DIR / "static")

# Uploads
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # bytes of a form without its files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
UPLOAD_LIMIT = env.number("UPLOAD_LIMIT_MB", 200, at_least=1) * 1024 * 1024  # bytes a file
QUESTION_LIMIT = 4_000  # characters
TRASH_GRACE = timedelta(days=env.number("TRASH_GRACE_DAYS", 30))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api_keys.authentication.MemberAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.requests.json_parser.JsonBody"],
    "DEFAULT_PAGINATION_CLASS": "tenants.requests.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.errors.handlers.problem",
    "PAGE_SIZE": 50,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other (tenants/requests/query_parameters.py)
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Knowledge portal",
    "DESCRIPTION": "Ask, search, upload and prove: everything the pages do, for programs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/t/\{slug\}/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.problem_responses.describe_problems",
        "portal.api.event_streams.describe_events",
    ],
}

# Retrieval and answers
RETRIEVAL_LIMIT = 8  # passages read for one answer

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s%(request)s"}},
    "filters": {
        "request_id": {"()": "portal.observability.log_filters.AddRequestId"},
        "repetitions": {
            "()": "portal.observability.log_filters.CountRepetitions",
            "every_line": ("portal.unavailable",),
        },
        "expected": {"()": "portal.observability.log_filters.DropExpectedUnavailable"},
        "quiet_refusal": {"()": "portal.observability.log_filters.QuietRefusal"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id", "repetitions"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING").upper()},
    "loggers": {
        "portal": {"level": env.text("LOG_LEVEL", "INFO").upper()},
        "knowledge": {"level": env.text("LOG_LEVEL", "INFO").upper()},
        "answers": {"level": env.text("LOG_LEVEL", "INFO").upper()},
        "django.request": {"level": "ERROR", "filters": ["expected"]},
        **{
            f"django.security.{name}": {"filters": ["quiet_refusal"]}
            for name in ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
        },
        "httpx": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},  # it warns that the filesystem has no host name
    },
}
