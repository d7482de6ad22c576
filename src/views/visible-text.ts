// What has no shape of its own, or changes the order or the meaning of what stands beside it.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu

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
