// What comes of attacks, whatever the page is.
import { describe, expect, test } from 'vitest'
import { hostileAttributes, hostileHtml, hostileStyles } from './attacks.ts'
import type { Host } from './hosts.ts'
import { shop } from './suite.ts'

/** What may not stand in any part of a page that the tools wrote. */
const harm =
  /<(?:script|style|iframe|object|embed|applet|portal|base|meta|link|template|noscript|foreignobject|animate|set|use|image|math|xmp|plaintext|x-app)\b|\son\w+\s*=|\s(?:autofocus|contenteditable|popover|")=|javascript:|vbscript:|evil\.example|srcdoc|formaction|\baction=|type="?(?:hidden|password)|expression\(|behavior|-moz-binding|data-ng|hx-get|\bping=/i

/** The tags without the text between them, in which nothing does harm. */
function tagsOf(html: string): string {
  return (html.match(/<[^<>]*>/g) ?? []).join('')
}

/** `seen` tells of every attack what ran or was loaded by it, where somebody can see that. */
export function attackSuite(hostOf: () => Host, seen: () => Promise<string | null>): void {
  describe.each([
    ['what is in an element', 'modify_element', { target: '#card-1' }],
    ['a new element', 'create_element', { target: '#card-1', position: 'append' }],
  ])('HTML for %s', (_, name, place) => {
    test.each(Object.entries(hostileHtml))('lets in nothing of %s [T-20]', async (__, html) => {
      const bench = await hostOf().open(shop)
      const input = { ...place, html: `<p>safe</p>${html}<p>also</p>` }
      const answer = await bench.call(name, input)
      const page = await bench.html()
      const card = /<article id="card-1".*<article id="card-2"/s.exec(page)?.[0] ?? ''
      expect(['unsafe', undefined]).toContain(answer.code)
      if (answer.code) expect(card).toContain('<h2>Tea</h2><p class="price">5</p></article>')
      else expect(card).toContain('<p>safe</p>')
      expect(tagsOf(card)).not.toMatch(harm)
      expect(tagsOf(card)).not.toMatch(
        /\b(?:id|name)="(?:location|cookie|getElementById|body|attributes|parentNode|submit|defaultView|alert|__proto__|constructor|csrf_token)"/,
      )
      expect(await seen()).toBeNull()
    })
  })

  test.each(Object.entries(hostileAttributes))(
    'sets no attribute that is %s [T-20]',
    async (_, [target, attributes]) => {
      const bench = await hostOf().open(shop)
      const before = await bench.html()
      const { code } = await bench.call('modify_element', { target, attributes })
      expect(['unsafe', 'protected']).toContain(code)
      expect(await bench.html()).toBe(before)
    },
  )

  test.each(Object.entries(hostileStyles))('sets no style that is %s [T-20]', async (_, style) => {
    const bench = await hostOf().open(shop)
    const before = await bench.html()
    expect(await bench.call('modify_element', { target: '#card-1', style })).toMatchObject({
      code: 'unsafe',
    })
    expect(await bench.html()).toBe(before)
  })

  test.each([
    ['a password', '#pw'],
    ['a hidden field', '#order input[type=hidden]'],
    ['a field of a token', '[name=csrf]'],
    ['a meta element', 'meta'],
    ['a script', 'script'],
    ['the head', 'head'],
  ])('leaves %s as it is [T-20]', async (_, target) => {
    const bench = await hostOf().open(shop)
    const before = await bench.html()
    for (const edit of [{ text: 'x' }, { attributes: { title: 'x' } }, { style: { color: 'red' } }])
      expect((await bench.call('modify_element', { target, ...edit })).code).toBe('protected')
    expect((await bench.call('delete_element', { target, force: ['last'] })).code).toBe('protected')
    // Neither with what is around it.
    expect((await bench.call('modify_element', { target: '#order', html: '' })).code).toBe(
      'protected',
    )
    expect(await bench.html()).toBe(before)
  })

  test('works on a page whose elements hide properties of the DOM [T-20]', async () => {
    const names =
      'attributes childNodes parentNode querySelectorAll setAttribute insertBefore nodeType matches'
    const fields = names.split(' ').map((name) => `<input id="${name}" name="${name}">`)
    const bench = await hostOf().open(
      `<body><form id="f"><b id="b">x</b>${fields.join('')}</form><img name="implementation"><img id="createElement">`,
    )
    expect((await bench.call('get_element_info', { target: '#f' })).output).toMatchObject({
      tag: 'form',
      children: 9,
    })
    const { output, message } = await bench.call('modify_elements', {
      edits: [
        { target: '#f', attributes: { title: 'x' } },
        { target: '#b', html: '<i onclick="__pwned=1">y</i>' },
      ],
    })
    expect(message).toBeUndefined()
    expect(await bench.html()).toContain('<form id="f" title="x"><b id="b"><i>y</i></b>')
    expect(await bench.undo(output)).toEqual({ output: null })
  })

  test('loads from elsewhere only what the host allows, and runs nothing even so', async () => {
    const bench = await hostOf().open(shop, {
      allow: ['https://cdn.example', 'javascript:', 'data:'],
    })
    await bench.call('modify_element', {
      target: '#card-1',
      html: '<img src="https://cdn.example/a.png"><img src="https://evil.example/b.png"><a href="javascript:x">l</a>',
      style: { 'background-image': 'url(https://cdn.example/c.png)' },
    })
    const page = await bench.html()
    expect(page).toContain('<img src="https://cdn.example/a.png"><img><a>l</a>')
    expect(page).toContain('url(https://cdn.example/c.png)')
  })

  test('takes markup as deep as a page is, and no deeper', async () => {
    const bench = await hostOf().open(shop)
    const deep = (n: number): object => ({
      target: '#card-1',
      html: '<div>'.repeat(n) + '</div>'.repeat(n),
    })
    expect((await bench.call('modify_element', deep(50))).code).toBeUndefined()
    for (const n of [600, 10_000])
      expect(await bench.call('modify_element', deep(n))).toMatchObject({ code: 'unsafe' })
  }, 60_000)
}
