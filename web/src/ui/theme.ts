import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'
import { CATEGORY, STATUS, type Tone } from './tokens'

const gray: MantineColorsTuple = [
  '#f6f7f9',
  '#eef0f4',
  '#e1e5eb',
  '#cdd3dc',
  '#a9b2bf',
  '#7a8494',
  '#586272',
  '#434c5a',
  '#2c333e',
  '#1a2029',
]
const dark: MantineColorsTuple = [
  '#d8dde5',
  '#b7bfca',
  '#96a0ae',
  '#6d7787',
  '#343c48',
  '#28303a',
  '#1e242c',
  '#171b21',
  '#111418',
  '#0b0d10',
]
const indigo: MantineColorsTuple = [
  '#eef0fd',
  '#dde1fb',
  '#bac2f6',
  '#9aa6f1',
  '#7b89ea',
  '#6271e4',
  '#4f5fdc',
  '#4352c9',
  '#3846b0',
  '#2c3790',
]

const sans = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif"
const mono = "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, monospace"

export const theme = createTheme({
  colors: { gray, dark, indigo },
  primaryColor: 'indigo',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  white: '#ffffff',
  black: '#1a2029',
  fontFamily: sans,
  fontFamilyMonospace: mono,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '10px', xl: '16px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: {
    fontFamily: sans,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  shadows: {
    xs: 'none',
    sm: 'var(--cm-float-shadow)',
    md: 'var(--cm-float-shadow)',
    lg: 'var(--cm-float-shadow)',
    xl: 'var(--cm-float-shadow)',
  },
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs' } },
    Autocomplete: { defaultProps: { size: 'xs' } },
    TagsInput: { defaultProps: { size: 'xs' } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    JsonInput: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        // Mantine's <header> in a portal would be a second banner of the page.
        attributes: { header: { role: 'none' } },
        overlayProps: { backgroundOpacity: 0.45 },
        transitionProps: { transition: 'fade', duration: 120 },
      },
      styles: { title: { fontSize: '16px', fontWeight: 600 } },
    },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { transitionProps: { duration: 120 }, shadow: 'md' } },
    Popover: { defaultProps: { transitionProps: { duration: 120 }, shadow: 'md' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
  },
})

function tones(prefix: string, entries: Readonly<Record<string, Tone>>, side: 'light' | 'dark') {
  const vars: Record<string, string> = {}
  for (const [name, tone] of Object.entries(entries)) {
    vars[`--cm-${prefix}-${name}`] = tone[side]
    vars[`--cm-${prefix}-${name}-tint`] =
      `color-mix(in srgb, ${tone[side]} ${side === 'light' ? 9 : 16}%, var(--cm-surface))`
  }
  return vars
}

/** Surfaces, hairlines and status tones for both grounds; dark is its own design, not light inverted. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--cm-mono-size': '12.5px',
    '--cm-rail-width': '56px',
    '--cm-top-height': '48px',
    '--cm-motion': '140ms cubic-bezier(0.2, 0, 0.2, 1)',
  },
  light: {
    '--cm-ground': '#f6f7f9',
    '--cm-surface': '#ffffff',
    '--cm-raised': '#ffffff',
    '--cm-sunken': '#f1f3f6',
    '--cm-hover': '#f1f3f7',
    '--cm-hairline': '#e1e5eb',
    '--cm-hairline-strong': '#cdd3dc',
    '--cm-text': '#1a2029',
    '--cm-muted': '#586272',
    '--cm-accent': '#4352c9',
    '--cm-accent-tint': '#eef0fd',
    '--cm-edge': '#a9b2bf',
    '--cm-edge-taken': '#6f9a82',
    '--cm-float-shadow': '0 1px 2px rgb(20 26 38 / 6%), 0 8px 24px rgb(20 26 38 / 12%)',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1a2029',
    '--mantine-color-dimmed': '#586272',
    '--mantine-color-placeholder': '#6b7585',
    '--mantine-color-anchor': '#4352c9',
    '--mantine-color-default-border': '#cdd3dc',
    '--mantine-color-error': '#bd2424',
    '--mantine-color-indigo-light': '#eef0fd',
    '--mantine-color-indigo-light-hover': '#e2e6fb',
    '--mantine-color-indigo-light-color': '#3846b0',
    '--mantine-color-gray-light-color': '#434c5a',
    '--mantine-color-gray-subtle-color': '#434c5a',
    '--mantine-color-gray-text': '#434c5a',
    '--mantine-color-red-light-color': '#a91f1f',
    '--mantine-color-red-filled': '#bd2424',
    '--mantine-color-red-filled-hover': '#a91f1f',
    ...tones('status', STATUS, 'light'),
    ...tones('category', CATEGORY, 'light'),
  },
  dark: {
    '--cm-ground': '#111418',
    '--cm-surface': '#171b21',
    '--cm-raised': '#1e242c',
    '--cm-sunken': '#12161b',
    '--cm-hover': '#1f252d',
    '--cm-hairline': '#272e37',
    '--cm-hairline-strong': '#38414d',
    '--cm-text': '#d8dde5',
    '--cm-muted': '#96a0ae',
    '--cm-accent': '#9aa6f1',
    '--cm-accent-tint': '#232946',
    '--cm-edge': '#4b5563',
    '--cm-edge-taken': '#4d7a61',
    '--cm-float-shadow': '0 0 0 1px rgb(255 255 255 / 4%), 0 10px 30px rgb(0 0 0 / 50%)',
    '--mantine-color-body': '#171b21',
    '--mantine-color-text': '#d8dde5',
    '--mantine-color-dimmed': '#96a0ae',
    '--mantine-color-placeholder': '#7f8998',
    '--mantine-color-anchor': '#9aa6f1',
    '--mantine-color-default': '#1b2027',
    '--mantine-color-default-hover': '#232a33',
    '--mantine-color-default-border': '#38414d',
    '--mantine-color-error': '#ff8585',
    '--mantine-color-indigo-light': '#232946',
    '--mantine-color-indigo-light-hover': '#2a3154',
    '--mantine-color-indigo-light-color': '#b4bdf5',
    '--mantine-color-gray-light-color': '#b7bfca',
    '--mantine-color-gray-text': '#b7bfca',
    '--mantine-color-red-light-color': '#ff9b9b',
    '--mantine-color-red-filled': '#c33131',
    '--mantine-color-red-filled-hover': '#b02a2a',
    ...tones('status', STATUS, 'dark'),
    ...tones('category', CATEGORY, 'dark'),
  },
})
