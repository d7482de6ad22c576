import { refusal } from '../refusal.ts'

/** What a walk through a file finds, before anything of it is decoded. */
export interface Anatomy {
  /** Where the file proper ends; what lies behind is none of it. */
  readonly end: number
  /** In pixels, the greatest that any part claims. */
  readonly width: number
  readonly height: number
  /** How many pictures are shown one after the other. */
  readonly frames: number
  /** Comments and metadata, where people and programs write what is no picture. */
  readonly asides: readonly Uint8Array[]
  /** Compressed texts and profiles, in the format of zlib. */
  readonly packed: readonly Uint8Array<ArrayBuffer>[]
  /** Whether the file says that something belongs behind its end, such as the film of a moving photo. */
  readonly hasSequel: boolean
}

/** Collects what a walk finds. */
export interface Findings {
  end: number
  width: number
  height: number
  frames: number
  hasSequel: boolean
  readonly asides: Uint8Array[]
  readonly packed: Uint8Array<ArrayBuffer>[]
}

export function noFindings(): Findings {
  return { end: 0, width: 0, height: 0, frames: 1, hasSequel: false, asides: [], packed: [] }
}

/** A file that is not built as its type says. */
export function damaged(type: string, what: string): Error {
  return refusal(
    'file-damaged',
    `The file is no sound ${type}: ${what}. Ask the user to save it anew and to upload that.`,
  )
}

/**
 * Bytes as text, one character a byte, to look for words in. A `TextDecoder` has no such encoding: what it calls
 * Latin-1 is another one.
 */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  // As many as fit into one call.
  const step = 8_192
  for (let at = 0; at < bytes.length; at += step)
    text += String.fromCharCode(...bytes.subarray(at, at + step))
  return text
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
