import classes from './CategoryIcon.module.css'
import { nodeIcon } from './nodeIcons'
import { categoryToken } from './tokens'

interface CategoryIconProps {
  category: string
  /** Icon name of the node type; without one, or with an unknown one, the category's icon. */
  icon?: string | null
  /** Edge of the tile, px. */
  size?: number
}

/** The tinted square with the icon of a node type. Decoration: the name stands beside it. */
export function CategoryIcon({ category, icon, size = 32 }: CategoryIconProps) {
  const token = categoryToken(category)
  const Icon = nodeIcon(icon) ?? token.icon
  return (
    <span
      className={classes.tile}
      aria-hidden
      style={
        {
          width: size,
          height: size,
          '--tile-light': token.light,
          '--tile-dark': token.dark,
        } as React.CSSProperties
      }
    >
      <Icon size={Math.round(size * 0.56)} stroke={1.8} />
    </span>
  )
}
