# Read by the scripts beside it: $root is the checkout, $state the folder of what the walk-through's scripts keep (README:
# project name, the embedded hub, the local cluster). Without a ConfigHub of your own, the embedded hub is meant.
state=${DRIFT_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/drift-detector}
is_embedded=
if [ -z "${CONFIGHUB_URL:-}" ] && [ -r "$state/hub.env" ]; then
  is_embedded=yes
  unset CUB_TOKEN
  # shellcheck source=/dev/null
  . "$state/hub.env"
fi
