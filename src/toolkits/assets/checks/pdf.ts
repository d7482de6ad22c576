import { bytesOf } from '../storage.ts'
import { damaged } from './anatomy.ts'
import { latin1 } from './anatomy.ts'

/** How far from its end a reader looks for the end mark of a PDF. */
const tail = 1_024

/** The parts of a PDF in which what opens it could see another type: its head, and what is behind its end. */
export async function walkPdf(file: Blob): Promise<readonly Uint8Array[]> {
  const head = await bytesOf(file, 0, tail)
  const from = Math.max(0, file.size - tail)
  const last = await bytesOf(file, from)
  const mark = latin1(last).lastIndexOf('%%EOF')
  if (!/^%PDF-[12]\.\d/.test(latin1(head)) || mark < 0)
    throw damaged('PDF', 'it does not begin and end as one')
  const behind = last.subarray(mark + 5)
  if (behind.some((byte) => ![0, 9, 10, 12, 13, 26, 32].includes(byte)))
    throw damaged('PDF', 'something follows its end')
  return [head, behind]
}
