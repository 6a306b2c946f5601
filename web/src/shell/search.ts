import { createSpotlight } from '@mantine/spotlight'

/** The search box of every page: whether it is open, and how to open it; known before the box itself is there. */
export const [searchStore, search] = createSpotlight()
