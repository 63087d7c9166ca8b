# To be sourced.
# blocks PAGE SECTION: prints the commands of that section, without the indent of a list.
blocks() {
  local found
  found=$(awk -v section="$2" '
    /^##/ { name = $0; sub(/^#+ /, "", name) }
    /^ *```/ { sub(/^ */, ""); inside = !inside && $0 == "```sh" && name == section; next }
    inside' "$1")
  [ -n "$found" ] || { echo "$1 has no commands in the section $2" >&2; exit 1; }
  printf '%s\n' "$found"
}
