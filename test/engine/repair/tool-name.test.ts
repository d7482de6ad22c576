import { describe, expect, test } from 'vitest'
import { meantName, nearestNames } from '../../../src/engine/repair/tool-name.ts'

const names = ['get_weather', 'searchWeb', 'files/read', 'run', 'save_tool']

describe('a name that means one tool', () => {
  test.each([
    ['get_weather', 'get_weather'],
    ['Get_Weather', 'get_weather'],
    ['getWeather', 'get_weather'],
    ['get-weather', 'get_weather'],
    ['GETWEATHER', 'get_weather'],
    ['search_web', 'searchWeb'],
    ['files.read', 'files/read'],
    ['functions.get_weather', 'get_weather'],
    ['functions.getWeather', 'get_weather'],
    ['function.run', 'run'],
    ['tools/run', 'run'],
    ['tool:run', 'run'],
    ['default_api:get_weather', 'get_weather'],
    ['default_api.get_weather', 'get_weather'],
    ['functions.get_weather:0', 'get_weather'],
    ['get_weather<|channel|>commentary', 'get_weather'],
    ['functions.get_weather<|channel|>commentary json', 'get_weather'],
    ['get_weather_tool', 'get_weather'],
    ['GetWeatherTool', 'get_weather'],
    ['save_tool', 'save_tool'],
    ['functions.save_tool', 'save_tool'],
    ['SaveTool', 'save_tool'],
  ])('%s', (name, meant) => {
    expect(meantName(name, names)).toBe(meant)
  })
})

describe('a name that means none, or more than one', () => {
  test.each([
    ['weather', names],
    ['get_weathers', names],
    ['get_weather_now', names],
    ['save', names],
    ['tool', names],
    ['_tool', names],
    ['functions.', names],
    ['', names],
    ['...', names],
    ['...', ['_', 'run']],
    ['Get_Weather', ['get_weather', 'getWeather']],
    ['tools/get', ['tools_get', 'get']],
  ])('%s of %j', (name, given) => {
    expect(meantName(name, given)).toBeUndefined()
  })

  test('but a name that is there is meant, whatever is like it', () => {
    expect(meantName('getWeather', ['get_weather', 'getWeather'])).toBe('getWeather')
    expect(meantName('functions.getWeather', ['get_weather', 'getWeather'])).toBe('getWeather')
    expect(meantName('tools/get', ['get', 'tools/get'])).toBe('tools/get')
  })
})

test('a name without its suffix counts only where nothing fits with it', () => {
  expect(meantName('functions.save_tool', ['save', 'save_tool'])).toBe('save_tool')
  expect(meantName('SaveTool', ['save', 'save_tool'])).toBe('save_tool')
})

test('a name that is longer than any may be is not looked for', () => {
  expect(meantName('get_weather'.padEnd(1_000_000, '_'), names)).toBeUndefined()
})

test('the nearest names are the likest, and nothing where nothing is like it', () => {
  expect(nearestNames('get_wether', names)).toEqual(['get_weather'])
  expect(nearestNames('Get-Weather', names)).toEqual(['get_weather'])
  expect(nearestNames('ran', ['rat', 'run', 'read_all', 'ra', 'rant'])).toEqual([
    'rat',
    'run',
    'ra',
  ])
  expect(nearestNames('send_email', names)).toEqual([])
  expect(nearestNames('x'.repeat(100_000), names)).toEqual([])
})
