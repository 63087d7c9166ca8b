// What the senders here deliver of the sample files: each file's text, of large files each line, in batches that are
// small enough for a request whose events share a record.
import { readFileSync } from 'node:fs'

function texts (path) {
  const text = readFileSync(path, 'utf8')
  return text.length > 40000 ? text.split('\n').filter(line => line !== '') : [text]
}

export function batches (paths) {
  const out = [[]]
  let size = 0
  for (const text of paths.flatMap(texts)) {
    size += text.length
    if (out.at(-1).length > 0 && (size > 20000 || out.at(-1).length === 20)) {
      out.push([])
      size = text.length
    }
    out.at(-1).push(text)
  }
  return out
}
