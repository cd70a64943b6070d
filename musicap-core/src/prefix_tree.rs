//! Token sequences that share their beginnings, as a tree.

/// A prefix tree of token sequences, each of which ends in a value; with one root or more.
#[derive(Debug)]
pub struct PrefixTree<T> {
    /// The roots are the first; children come after their parents.
    nodes: Vec<Node<T>>,
}

#[derive(Debug)]
pub struct Node<T> {
    /// Tokens that lead on from here, in order, with the nodes that they lead to.
    pub children: Vec<(u32, usize)>,
    /// What the sequence that ends here has.
    pub end: Option<T>,
}

impl<T> Node<T> {
    fn new() -> Self {
        Node { children: Vec::new(), end: None }
    }

    /// Where `token` is among the children, or where it would have to be inserted.
    fn place(&self, token: u32) -> Result<usize, usize> {
        self.children.binary_search_by_key(&token, |&(known, _)| known)
    }

    /// The node that `token` leads to.
    pub fn child(&self, token: u32) -> Option<usize> {
        self.place(token).ok().map(|place| self.children[place].1)
    }
}

impl<T> PrefixTree<T> {
    /// An empty tree with the roots 0 to `roots`.
    pub fn new(roots: usize) -> Self {
        PrefixTree { nodes: (0..roots).map(|_| Node::new()).collect() }
    }

    /// Adds a sequence below a root; of sequences that are equal the first one's value stays.
    pub fn insert(&mut self, root: usize, tokens: &[u32], value: T) {
        let mut at = root;
        for &token in tokens {
            at = match self.nodes[at].place(token) {
                Ok(place) => self.nodes[at].children[place].1,
                Err(place) => {
                    let child = self.nodes.len();
                    self.nodes[at].children.insert(place, (token, child));
                    self.nodes.push(Node::new());
                    child
                }
            };
        }
        self.nodes[at].end.get_or_insert(value);
    }

    pub fn nodes(&self) -> &[Node<T>] {
        &self.nodes
    }

    /// The node that `token` leads to from `node`.
    pub fn child(&self, node: usize, token: u32) -> Option<usize> {
        self.nodes[node].child(token)
    }
}
