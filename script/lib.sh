# Shared by the scripts beside it: source it, then call need_machine and need_packages.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e /dev/fd/0 ] || exec </dev/null # started without a standard input
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
if [ "$(uname)" = Darwin ]; then # where Homebrew puts the libraries WeasyPrint loads
    export DYLD_FALLBACK_LIBRARY_PATH="/opt/homebrew/lib:/usr/local/lib:${DYLD_FALLBACK_LIBRARY_PATH:-}"
fi

python=.venv/bin/python

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Sets base_python to a Python for making .venv, or says plainly what is missing.
find_python() {
    local name
    base_python=
    # A distribution builds its own with profiles (a fifth faster than what pyenv compiles). On
    # macOS that path is only an offer to install developer tools.
    if [ -z "${PYTHON:-}" ] && [ "$(uname)" = Linux ] && is_new_enough /usr/bin/python3 &&
        /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null
    then
        base_python=/usr/bin/python3
        return
    fi
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if command -v "$name" >/dev/null && is_new_enough "$name"; then
            base_python=$name
            break
        fi
    done
    if [ -z "$base_python" ]; then
        name=$(command -v "${PYTHON:-python3}" || true)
        [ -z "$name" ] || name=" ($name is $("$name" --version 2>&1))"
        fail "Python 3.11 or newer is needed, and none was found$name." \
            "Debian and Ubuntu: sudo apt-get install python3 python3-venv" \
            "macOS: brew install python" \
            "Installed under another name? Run: PYTHON=/path/to/python $0"
    fi
    "$base_python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "The Python found here ($(command -v "$base_python")) cannot make environments." \
            "Debian and Ubuntu: sudo apt-get install python3-venv"
}

# Root on Debian or Ubuntu without a Python: bring it along.
install_python() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        ! "$name" -c 'import ensurepip, venv' >/dev/null 2>&1 || return 0
    done
    echo "Installing with apt-get: python3 python3-venv" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update </dev/null >&2 || true
    apt-get -qq install --yes --no-install-recommends python3 python3-venv ca-certificates \
        </dev/null >/dev/null || true
}

# need_packages server|dev|tools: an environment in .venv with the packages of the lock file.
need_packages() {
    local maker=$python
    if ! is_new_enough "$python"; then
        install_python
        find_python
        maker=$base_python
    fi
    "$maker" config/environment.py "$1"
}

# need_machine server|test: libraries, fonts and programs outside of Python.
need_machine() {
    "$python" config/system_needs.py "$1"
}

# with_database DATA_FOLDER [--fast] -- COMMAND...: run it on DATABASE_URL, or if that is unset
# on a PostgreSQL of our own that lives for the length of the command. Does not return.
with_database() {
    if [ -n "${DATABASE_URL:-}" ]; then
        while [ "$1" != -- ]; do shift; done
        shift
        exec "$@"
    fi
    exec "$python" -m config.embedded_postgres --data "$@"
}

# Sets SECRET_KEY, if it is unset, to the one that script/server made for this clone.
need_secret_key() {
    [ -n "${SECRET_KEY:-}" ] ||
        SECRET_KEY=$("$python" -c 'from config.serve import secret_key; print(secret_key())')
    export SECRET_KEY
}

# Sets DATABASE_URL, if it is unset, to the embedded PostgreSQL while script/server runs it.
need_running_database() {
    local url
    [ -z "${DATABASE_URL:-}" ] && [ -s var/postgres/url ] || return 0
    url=$(cat var/postgres/url)
    if "$python" -c 'import sys, psycopg; psycopg.connect(sys.argv[1]).close()' "$url" 2>/dev/null
    then
        export DATABASE_URL=$url
    fi
}
