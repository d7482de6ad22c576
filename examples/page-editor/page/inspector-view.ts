// A script of its own: whoever does not open the inspector does not load how it looks.
export { mountInspector } from 'toolwire/inspector'
