export { type DraftPart, type Followed, nothingFollowed, receive } from './follow.ts'
export { mayStillBegin } from './journal.ts'
export { Outbox } from './outbox.ts'
