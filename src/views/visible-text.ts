// What has no shape of its own, or changes the order or the meaning of what stands beside it; but for plain spaces
// and the ends of lines.
const hidden = /(?![ \n])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/**
 * `value` as JSON in which everything can be seen: a person who agrees to it must not be shown another order of
 * letters, nor less than there is.
 */
export function visibleJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? ''
  // Hidden characters stand within texts only, where JSON takes them escaped.
  return json.replace(hidden, (character) => {
    let escaped = ''
    for (let at = 0; at < character.length; at++)
      escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
    return escaped
  })
}
