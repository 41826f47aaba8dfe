import { graphql } from 'relay-runtime'

export const pages = graphql`
  query pagesQuery($first: Int!, $after: String) {
    topProjects(first: $first, after: $after) @connection(key: "pages_topProjects") {
      edges {
        node {
          total
          project {
            id
            name
            downloads(range: { last: 30 }) {
              total
            }
          }
        }
      }
    }
  }
`
