import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../checks/entries.ts'
import { mutants } from './mutants.ts'

const edits = mutants.flatMap(({ and, ...edit }) => (and ? [edit, { ...edit, ...and }] : [edit]))

test.each(edits)('"$rule" can be taken away in $file', ({ file, from }) => {
  expect(readFileSync(path.join(root, file), 'utf8').split(from)).toHaveLength(2)
})
