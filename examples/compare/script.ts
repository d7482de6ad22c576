import type { Script, ScriptStep } from 'toolwire/testing'

/** What both apps are asked. */
export const prompts = {
  headline: 'Write a better headline.',
  section: 'Add a section about frost.',
  publish: 'Publish the page.',
  cutOff: 'Add a section, and stop in the middle of it.',
  thanks: 'Thank you. What did you do?',
} as const

const section = {
  title: 'Will it stand frost?',
  text: 'No: frost cracks the clay, so take it in before the first cold night of the year.',
}

const call = (toolName: string, input: object = {}): ScriptStep => ({
  text: 'I am on it.',
  toolCalls: [{ toolName, input }],
})

const answers: Readonly<Record<string, readonly ScriptStep[]>> = {
  [prompts.headline]: [
    call('read_page'),
    call('set_headline', { text: 'Forget to water. It remembers.' }),
  ],
  // Slow enough to break something in the middle, and to come back in time.
  [prompts.section]: [{ ...call('add_section', section), deltaChars: 2 }],
  [prompts.publish]: [call('publish_page')],
  [prompts.cutOff]: [
    {
      text: 'I am on it.',
      toolCalls: [{ toolName: 'add_section', inputText: JSON.stringify(section).slice(0, 70) }],
      finishReason: 'length',
    },
  ],
}

/** The model of both apps: it asks for its tools, one step after the other, and then says that it is done. */
export const script: Script = ({ messages }, { step }) => {
  const asked = messages.findLast(({ role }) => role === 'user')
  const text = asked?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return answers[text ?? '']?.[step] ?? { text: 'That is all that I have to say.' }
}
