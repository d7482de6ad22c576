/** Control characters, and what makes a name look other than it is: marks of direction, joiners, tags. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/** What programs on some system read as a device or as a part of a path. */
const special = /[<>:"|?*]/g

const longest = 120

/**
 * A name for people, of whatever a client sent: no path, nothing invisible, not long. Files are never stored under it.
 */
export function cleanName(name: string): string {
  const last = name.normalize('NFC').replace(invisible, '').split(/[/\\]/).at(-1) ?? ''
  // Windows cuts dots and spaces off the end, so that "page.html." would be one of its pages.
  const clean = last
    .replace(special, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
    .replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i, '_$1')
  return shorten(clean) || 'file'
}

/** Cuts the middle, since the end says what the file claims to be. */
function shorten(name: string): string {
  const letters = Array.from(name)
  if (letters.length <= longest) return name
  return letters.toSpliced(longest - 20, letters.length - longest).join('')
}
