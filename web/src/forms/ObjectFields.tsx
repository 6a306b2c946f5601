import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { words } from '~/i18n'
import { type JsonObject, pointerOf } from '~/model/json'
import { useForm } from './context'
import { Field } from './Field'
import classes from './forms.module.css'
import { isShown, type Property, propertiesOf } from './normalise'
import { sectionsOf } from './sections'

interface ObjectFieldsProps {
  schema: JsonObject
  value: JsonObject
  onChange(value: JsonObject): void
  pointer: string
  /** A property that tells the variant of a union: the picker sets it. */
  hidden?: string | null
}

/** The fields of an object, by section; a cleared field takes its key out. */
export function ObjectFields({ schema, value, onChange, pointer, hidden = null }: ObjectFieldsProps) {
  const shown = propertiesOf(schema, hidden).filter((property) => isShown(property.schema, value))
  const { plain, sections, advanced } = sectionsOf(shown)
  const field = (property: Property) => (
    <Field
      key={property.name}
      name={property.name}
      schema={property.schema}
      required={property.required}
      value={value[property.name]}
      pointer={`${pointer}${pointerOf(property.name)}`}
      onChange={(next) => {
        const { [property.name]: _, ...others } = value
        onChange(next === undefined ? others : { ...value, [property.name]: next })
      }}
    />
  )
  const places = (properties: readonly Property[]) =>
    properties.map((property) => `${pointer}${pointerOf(property.name)}`)
  return (
    <>
      {plain.map(field)}
      {sections.map(({ title, properties }) => (
        <Section key={title} title={title} places={places(properties)} open>
          {properties.map(field)}
        </Section>
      ))}
      {advanced.length > 0 ? (
        <Section
          title={words.editor.form.advanced}
          places={places(advanced)}
          // What is set is not hidden.
          open={advanced.some((property) => value[property.name] !== undefined)}
        >
          {advanced.map(field)}
        </Section>
      ) : null}
    </>
  )
}

interface SectionProps {
  title: string
  places: readonly string[]
  open: boolean
  children: React.ReactNode
}

/** Fields that fold; they open by themselves for a problem and for what is to be shown. */
function Section({ title, places, open, children }: SectionProps) {
  const { problems, focus } = useForm()
  const [asked, setAsked] = useState<boolean | null>(null)
  const within = (pointer: string) =>
    places.some((place) => pointer === place || pointer.startsWith(`${place}/`))
  const needed = problems.some((problem) => within(problem.pointer)) || (focus !== null && within(focus))
  const shown = asked ?? (open || needed)
  return (
    <section className={classes.section}>
      <UnstyledButton className={classes.sectionHead} aria-expanded={shown} onClick={() => setAsked(!shown)}>
        <IconChevronRight size={14} stroke={2} data-open={shown || undefined} aria-hidden />
        {title}
      </UnstyledButton>
      {shown ? <div className={classes.form}>{children}</div> : null}
    </section>
  )
}
