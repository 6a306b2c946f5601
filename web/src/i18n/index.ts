/**
 * Every visible string, by screen. A sentence with a value in it is a function, so that plurals are words too.
 *
 * A namespace and no object: each page is then built with the words it names, and no others.
 */
export * as words from './words'
