import { refusal } from '../refusal.ts'
import { bytesOf } from '../storage.ts'
import { latin1, viewOf } from './anatomy.ts'

/** Words by which a browser or a server would take a file for a program. */
const programs =
  /<(?:!doctype\s+html|html|head|body|script|iframe|object|embed|style|svg|math|meta|link|base|form|img|video|template)[\s/>]|<\?php|<%@|<!--#|__HALT_COMPILER|javascript:/i

/** Every reader of PDF looks for this within so many bytes, whatever stands before. */
const pdfHead = 1_024
/** The last part of a ZIP has 22 bytes, and a comment of at most 65,535. */
const zipTail = 22 + 65_535

/** @throws a refusal where a part in which only words of people belong holds a program */
export function refuseProgramsIn(parts: readonly Uint8Array[], type: string): void {
  for (const part of parts) {
    // Without the zeros of UTF-16.
    const word = programs.exec(latin1(part).replaceAll('\0', ''))?.[0]
    if (word) throw dangerous(`it is called ${type} and carries a program ("${word.trim()}")`)
  }
}

/** @throws a refusal where a file of another type is a PDF or a ZIP as well */
export async function refuseSecondTypes(file: Blob, type: string): Promise<void> {
  const head = latin1(await bytesOf(file, 0, pdfHead + 5))
  if (type !== 'application/pdf' && head.includes('%PDF-'))
    throw dangerous(`it is ${type} and PDF at once`)
  const tail = await bytesOf(file, Math.max(0, file.size - zipTail))
  if (await isZip(file, tail)) throw dangerous(`it is ${type} and ZIP at once`)
}

/** Whether a ZIP ends in this file: its last record, and where that points, a directory. */
async function isZip(file: Blob, tail: Uint8Array): Promise<boolean> {
  const text = latin1(tail)
  const tailStart = file.size - tail.length
  for (let at = text.indexOf('PK\x05\x06'); at >= 0; at = text.indexOf('PK\x05\x06', at + 1)) {
    if (at + 22 > tail.length) return false
    const directorySize = viewOf(tail).getUint32(at + 12, true)
    const start = tailStart + at - directorySize
    if (start >= 0 && latin1(await bytesOf(file, start, start + 4)) === 'PK\x01\x02') return true
  }
  return false
}

/**
 * @throws a refusal where the first numbers of an image are letters that open a comment or an assignment of
 * JavaScript, so that all up to the end of the comment is none
 */
export function refuseScriptHeads(bytes: Uint8Array, type: string): void {
  const sizeAt = { 'image/gif': 6, 'image/jpeg': 4, 'image/webp': 4 }[type]
  if (sizeAt === undefined) return
  const head = latin1(bytes.subarray(sizeAt, sizeAt + 4))
  const opensComment = head.startsWith('/*') && latin1(bytes).includes('*/')
  const isLetters = type === 'image/gif' && /^[\t\n\v\f\r -~]{4}$/.test(head)
  if (opensComment || isLetters) throw dangerous(`it is ${type} and a script at once`)
}

/** A file that is more than it says. */
export function dangerous(what: string): Error {
  return refusal(
    'file-dangerous',
    `The file is refused because ${what}. It is not stored; ask the user for a clean copy.`,
  )
}
