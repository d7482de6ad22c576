import { mountInspector } from 'toolwire/inspector'

// Nothing is recorded here: it waits for a log to be opened.
mountInspector(document.body)
