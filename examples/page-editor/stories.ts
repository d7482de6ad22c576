import type { JsonObject, ToolPart } from 'toolwire'

/** One thing that the script can do: what it says at each step, given what its tools answered in this turn. */
export interface Story {
  readonly prompt: string
  /** Offered in the chat, in short. */
  readonly label?: string
  readonly fits?: RegExp
  readonly steps: readonly ((calls: readonly ToolPart[]) => Say)[]
}

export interface Say {
  readonly text: string
  readonly calls?: readonly (readonly [toolName: string, input: JsonObject])[]
  /** Characters after which the provider cuts the input of its calls. */
  readonly cut?: number
  /** Characters of one streamed piece, where it is to be slow. */
  readonly deltaChars?: number
}

const succeeded = (calls: readonly ToolPart[], name: string): boolean =>
  calls.findLast(({ toolName }) => toolName === name)?.state === 'output-available'

const errorOf = (calls: readonly ToolPart[]): string => calls.at(-1)?.errorText ?? ''

/** The server and the tab are asked at once; then three edits in one step. */
const headline: Story = {
  prompt: 'Write a headline for people who forget to water, not for people who travel.',
  label: 'Rewrite the headline',
  fits: /headline|title|hero|forget/i,
  steps: [
    () => ({
      text: 'First I look at what is there, and at what may be claimed.',
      calls: [
        ['product_facts', {}],
        ['list_elements', { selector: '#hero p, #hero h1, #hero a' }],
      ],
    }),
    () => ({
      text: 'Now the headline, the line below it and the button.',
      calls: [
        ['modify_element', { target: '#hero-title', text: 'Forget to water. It remembers.' }],
        [
          'modify_element',
          {
            target: '#hero-lead',
            text: 'Two litres wait behind a wall of raw clay, and the soil takes what it needs. Three weeks in summer, five in winter, without a battery or a thought.',
          },
        ],
        ['modify_element', { target: '#hero-button', text: 'Find your size' }],
      ],
    }),
    () => ({
      text: 'Done. The headline now speaks to the forgetful; the three weeks are still there, with the five of winter beside them.',
    }),
  ],
}

const faq = `<section id="questions">
  <h2>Asked at the market</h2>
  <dl class="answers">
    <dt>Can I drown a plant with it?</dt>
    <dd>No. Wet soil takes no water, so the clay stops by itself.</dd>
    <dt>May it stand outside?</dt>
    <dd>Not in winter. Frost cracks the clay, so keep it indoors.</dd>
    <dt>Does it need cleaning?</dt>
    <dd>Rinse the ring with vinegar once a year. That is all.</dd>
  </dl>
</section>`

/** A long input, so that one sees the section grow on the page before it is there. */
const questions: Story = {
  prompt: 'Add a section that answers what people ask at the market.',
  label: 'Add questions and answers',
  fits: /question|faq|section|answer/i,
  steps: [
    () => ({
      text: 'I check the facts, so that the answers are true.',
      calls: [['product_facts', {}]],
    }),
    () => ({
      text: 'You can watch the section while I write it.',
      calls: [['create_element', { target: '#newsletter', position: 'before', html: faq }]],
    }),
    (calls) => ({
      text: succeeded(calls, 'create_element')
        ? 'The section stands above the letter. Each answer is from the fact sheet.'
        : `The section could not be added: ${errorOf(calls)}`,
    }),
  ],
}

/** Several elements in one call, all or none. */
const evening: Story = {
  prompt: 'Give the page the colours of a winter evening.',
  label: 'Change the colours',
  fits: /colou?r|evening|theme|dark|look/i,
  steps: [
    () => ({
      text: 'One call for all of it, so that it changes at once.',
      calls: [
        [
          'modify_elements',
          {
            edits: [
              {
                target: '#site',
                style: {
                  '--paper': '#1b2233',
                  '--panel': '#242d42',
                  '--ink': '#f1ede2',
                  '--soft': '#aeb6c6',
                  '--line': '#36415a',
                  '--accent': '#f0b267',
                  '--on-accent': '#24180a',
                  '--leaf': '#9fc7a5',
                },
              },
              { target: '#hero-eyebrow', text: 'Made for long nights and dry air' },
            ],
          },
        ],
      ],
    }),
    () => ({ text: 'Blue hour, with a lamp on. Undo brings the clay back.' }),
  ],
}

const removal: Story = {
  prompt: 'Take the letter out, nobody signs up for it.',
  label: 'Delete the newsletter',
  fits: /delete|remove|letter|take .* out/i,
  steps: [
    () => ({
      text: 'That deletes something, so you are asked first.',
      calls: [['delete_element', { target: '#newsletter', force: ['children'] }]],
    }),
    (calls) => ({
      text: succeeded(calls, 'delete_element')
        ? 'The letter is gone. Undo brings it back as it was.'
        : 'The letter stays where it is.',
    }),
  ],
}

const publish: Story = {
  prompt: 'Publish the page.',
  label: 'Publish',
  fits: /publish|deploy|live/i,
  steps: [
    () => ({ text: 'Here it goes, piece by piece.', calls: [['publish_page', {}]] }),
    (calls) => ({ text: published(calls.at(-1)) }),
  ],
}

function published(call: ToolPart | undefined): string {
  if (call?.state === 'output-available') return 'It is published.'
  if (call?.state === 'cancelled') return 'You cancelled it, so it is published in part at most.'
  return 'Whether it was published I cannot know: look before it is done again.'
}

/** What the plugs ask for; the chat does not offer these. */
export const plugPrompts: Readonly<Record<'publish' | 'badge' | 'cut' | 'late', string>> = {
  publish: publish.prompt,
  badge: 'Say above the headline how soon it ships.',
  cut: 'Write a section, and stop in the middle of it.',
  late: 'Take the line about the made-up shop out.',
}

const badge: Story = {
  prompt: plugPrompts.badge,
  steps: [
    () => ({
      text: 'A badge above the headline, slowly enough to watch.',
      calls: [
        [
          'create_element',
          {
            target: '#hero-title',
            position: 'before',
            html: '<p class="badge">Leaves the kiln within two days</p>',
          },
        ],
      ],
      deltaChars: 2,
    }),
    () => ({ text: 'The badge is there, once.' }),
  ],
}

const cutOff: Story = {
  prompt: plugPrompts.cut,
  steps: [
    () => ({
      text: 'I begin, and will not come to the end.',
      calls: [['create_element', { target: '#newsletter', position: 'before', html: faq }]],
      cut: 180,
    }),
    (calls) => ({
      text:
        calls.at(-1)?.state === 'output-available'
          ? 'It ran, which it must not.'
          : 'My input was cut off, so nothing of it was done. I was told, and stop here.',
    }),
  ],
}

const late: Story = {
  prompt: plugPrompts.late,
  steps: [
    () => ({
      text: 'You are asked, and for once you should wait too long.',
      calls: [['delete_element', { target: '#foot-note' }]],
    }),
    (calls) => ({
      text: succeeded(calls, 'delete_element')
        ? 'The line is gone.'
        : 'Nobody answered in time, so the line stays.',
    }),
  ],
}

/** For everything that the script has no answer to. */
export const anythingElse: Story = {
  prompt: '',
  steps: [
    () => ({ text: '', calls: [['list_elements', { selector: 'h1, h2' }]] }),
    () => ({
      text: 'I am a script, not a language model, so I can do what the suggestions say. The page and its tools are real, though. For a model that does anything, start the demo with OPENAI_API_KEY, or with TOOLWIRE_BASE_URL and TOOLWIRE_MODEL.',
    }),
  ],
}

export const stories: readonly Story[] = [
  headline,
  questions,
  evening,
  removal,
  publish,
  badge,
  cutOff,
  late,
]
