// Opens an SQLite file as a user who may read it and no more, and tells what the store said to a commit.
import { isToolwireError } from '../../src/base/index.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storyOf } from './story.ts'

const [, , file = ''] = process.argv
// Nobody stops root; this one is "nobody".
if (process.getuid?.() === 0) process.setuid?.(65_534)
try {
  const store = await sqliteStore({ file })
  const [, asked = []] = storyOf('t')
  tell(await store.commit('a', 1, asked))
} catch (error) {
  tell(error)
}
process.disconnect()

function tell(said: unknown): void {
  process.send?.(
    isToolwireError(said) ? { code: said.code, text: said.message, hint: said.hint } : { said },
  )
}
