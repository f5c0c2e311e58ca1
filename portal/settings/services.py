"""One block per outside service. Every default works on a laptop with nothing installed."""

from __future__ import annotations

from knowledge.index_spec import IndexSpec
from portal import env
from portal.settings.base import DATA_DIR

# Database: a file, or PostgreSQL where DATABASE_URL names one
POSTGRES = env.pooled("DATABASE_URL")
DATABASE_OWNER = env.database("DATABASE_OWNER_URL")  # who migrates; the role that serves owns no table
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "portal.sqlite3",
    "CONN_MAX_AGE": 600,  # seconds; requests share threads that keep theirs (portal/http/request_threads.py)
    "OPTIONS": {
        # Writers take the lock when they begin, so that they wait for each other instead of failing half-way;
        # six tight writers were seen to wait 7 s, which is why the time-out is 20.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
    },
}
DATABASES = {"default": POSTGRES or SQLITE}
if POSTGRES and (BACKUP_ROLE := env.database("DATABASE_BACKUP_URL")):  # what `manage.py backup` reads from
    DATABASES["backup"] = BACKUP_ROLE
DATABASE_ROLE_IS_CHECKED = True  # a role that row-level security does not hold back does not serve

# Cache and rate limits: Redis, or a folder that the processes share, with increments that count right
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "portal.infrastructure.redis_cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
    }
    if REDIS_URL
    else {
        "BACKEND": "portal.infrastructure.disk_cache.DiskCache",
        "LOCATION": str(DATA_DIR / "cache"),
        "SHARDS": 2,
        "DATABASE_TIMEOUT": 2,
        "OPTIONS": {"size_limit": 256 * 1024 * 1024},
    }
}

# Queue
RUN_DIR = env.folder("PORTAL_RUN_DIR", DATA_DIR / "run")  # where workers show that they live, and beat keeps its times
QUEUE_DIR = DATA_DIR / "queue"
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL or "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.1,
    }
    if CELERY_BROKER_URL.startswith("filesystem")
    else {
        # Whoever puts a message into a queue that does not answer gives up after a moment: the rows carry the work.
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_retries": 0,
        "interval_start": 0,
        "visibility_timeout": 6 * 3600,  # longer than any task: one that is still at work is not given out again
    }
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2  # seconds
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # what is begun is finished
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ROUTES = {
    "knowledge.tasks.ingest_next": {"queue": "interactive"},
    "knowledge.tasks.ingest_bulk": {"queue": "bulk"},
    # On one machine it is done where the store is open already.
    "knowledge.tasks.compare_next": {"queue": "bulk" if CELERY_BROKER_URL.startswith("filesystem") else "maintenance"},
    "knowledge.tasks.build_next": {"queue": "bulk"},
}
CELERY_BEAT_SCHEDULE = {
    # A message that nobody took by the next one is of no use any more.
    "sweep": {"task": "knowledge.tasks.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "rescue": {"task": "answers.tasks.rescue", "schedule": 60.0, "options": {"expires": 60}},
    "close-readings": {"task": "knowledge.tasks.close_readings", "schedule": 60.0, "options": {"expires": 60}},
    "maintain": {"task": "knowledge.tasks.maintain", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
    "compare": {"task": "knowledge.tasks.compare", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
    "let-sleep": {"task": "knowledge.tasks.let_sleep", "schedule": 1800.0, "options": {"expires": 600}},
    "forget-sessions": {"task": "tenants.tasks.forget_sessions", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-events": {"task": "answers.tasks.forget_events", "schedule": 3600.0, "options": {"expires": 3600}},
}
INGEST_WAITING_LIMIT = env.number("INGEST_WAITING_LIMIT", 20_000, at_least=1)  # imported documents of one tenant
CELERY_BEAT_SCHEDULER = "portal.operations.processes.beat_scheduler.Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(RUN_DIR / "beat-schedule")

# Processes
WEB_PROCESSES = env.number("WEB_PROCESSES", 1, at_least=1)  # that `manage.py up` starts
BULK_WORKERS = env.number("BULK_WORKERS", 1, at_least=1)

# Files
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    # Names carry a digest of the content, so that a page of a new version never runs with scripts of the old one.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Vector store and embeddings
VECTOR_STORE = env.text("VECTOR_STORE", "lance")
VECTOR_STORE_ALSO = env.text("VECTOR_STORE_ALSO")  # while moving: what is written goes to this one too
STORE_DIR = DATA_DIR / "store"
WEAVIATE_URL = env.text("WEAVIATE_URL")  # https: its gRPC is encrypted too
WEAVIATE_GRPC_PORT = env.number("WEAVIATE_GRPC_PORT", 50051)
WEAVIATE_GRPC_HOST = env.text("WEAVIATE_GRPC_HOST")  # where it is not the URL's
WEAVIATE_API_KEY = env.text("WEAVIATE_API_KEY")
WEAVIATE_CA = env.text("WEAVIATE_CA")  # PEM: who signs its certificates, where no public authority does
WEAVIATE_REPLICATION_FACTOR = env.number("WEAVIATE_REPLICATION_FACTOR", 1, at_least=1)
WEAVIATE_CONSISTENCY = env.text("WEAVIATE_CONSISTENCY", "QUORUM")  # ONE, QUORUM or ALL of the copies
WEAVIATE_PREFIX = env.text("WEAVIATE_PREFIX", "Portal")  # begins the names of its collections
MODEL_DIR = DATA_DIR / "models"
EMBEDDER = env.text("EMBEDDER", "minilm")
EMBEDDING_BASE_URL = env.text("EMBEDDING_BASE_URL")
EMBEDDING_API_KEY = env.text("EMBEDDING_API_KEY")
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL")
PASSAGE_WORDS = env.number("PASSAGE_WORDS", 180, at_least=20)  # at most in a passage
PASSAGE_OVERLAP = env.number("PASSAGE_OVERLAP", 40)  # of them repeated in the next one
# An index is what it is made with. Another name: it is made beside the old one, which answers until it is complete.
GENERATION = IndexSpec(
    EMBEDDER, EMBEDDING_MODEL if EMBEDDER == "openai" else "", words=PASSAGE_WORDS, overlap=PASSAGE_OVERLAP
).name

# Answers: extractive unless an OpenAI-compatible endpoint is named
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
ANSWER_MODEL = env.text("ANSWER_MODEL")

# Mail: kept in the outbox page unless a server is named
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "portal@localhost")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.dummy.EmailBackend"
)

SENTRY_DSN = env.text("SENTRY_DSN")
