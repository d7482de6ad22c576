// Commits to an SQLite file until it is killed, and says what was acknowledged.
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storyOf } from './story.ts'

const [, , file = '', id = 'a'] = process.argv
const store = await sqliteStore({ file })
let version = (await store.read(id, 0)).length
for (let turn = 0; ; turn++) {
  for (const events of storyOf(`${id}-${process.pid}-${turn}`)) {
    const answer = await store.commit(id, version, events)
    if (answer !== 'committed') throw new Error(`a commit nobody else makes met a ${answer}`)
    version += events.length
    process.stdout.write(`${version}\n`)
  }
}
