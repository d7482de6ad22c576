// Keeps an SQLite file locked for writing until it is told to let go.
import { DatabaseSync } from 'node:sqlite'

const [, , file = ''] = process.argv
const database = new DatabaseSync(file)
database.exec('begin immediate')
process.on('message', () => {
  database.exec('rollback')
  process.disconnect()
})
process.send?.('locked')
