//! The inbound rooms in their order, as one service around the application.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project::pin_project;
use tower_service::Service;

use super::{
    InboundState,
    admit::{self, Entrance},
    observe::Running,
    queued::Queued,
    reply::Reply,
};
use crate::{body::Body, conn_info::ConnInfo, context::CallContext, error::Cause};

/// An application with the inbound rooms around it.
///
/// One service and one future, because whatever hands a request on by value copies it, head and all: what records stands
/// around what refuses, so that refusals are recorded, and a limit runs only for what was admitted.
#[derive(Clone, Debug)]
pub(crate) struct Stack<S> {
    app: S,
    here: Arc<Here>,
}

/// Where requests come in. A pointer of their own for the requests of one connection: the service is cloned for each, and
/// requests on different connections should not have to count on one another's processors.
#[derive(Debug)]
struct Here {
    state: InboundState,
    /// Under someone else's server each request says it, if anybody does.
    conn: Option<Arc<ConnInfo>>,
}

/// Puts the rooms around an application.
pub(crate) fn stack<S>(app: S, state: InboundState, conn: Option<Arc<ConnInfo>>) -> Stack<S> {
    let here = Arc::new(Here { state, conn });
    Stack { app, here }
}

impl<S> Stack<S>
where
    S: Service<Request<Body>> + Clone,
{
    fn begin(&mut self, mut request: Request<Body>) -> ResponseFuture<S, S::Future> {
        let Here { state, conn } = &*self.here;
        let mut running = Running::begin(state, conn.clone(), &mut request);
        let state = match admit::enter(state, running.call()) {
            Entrance::In { permit, timeouts } => {
                running.admitted(permit, timeouts);
                State::App(running.enter(|| self.app.call(request)))
            }
            Entrance::Wait(queued) => {
                // What was made ready waits with the request; who comes next gets a clone, which is asked anew.
                let clone = self.app.clone();
                let app = mem::replace(&mut self.app, clone);
                State::Queued(Some(Box::new(Waiting {
                    queued,
                    app,
                    request,
                })))
            }
            Entrance::Refused(cause) => State::Refused(Some(cause)),
        };
        ResponseFuture {
            state,
            running: Some(running),
        }
    }
}

impl<S, B> Service<Request<Body>> for Stack<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: HttpBody<Data = Bytes>,
{
    type Response = Response<Reply<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.extensions().get::<CallContext>().is_some() {
            // Another stack around this one has the request in its hands already: nothing is done twice.
            return ResponseFuture {
                state: State::App(self.app.call(request)),
                running: None,
            };
        }
        self.begin(request)
    }
}

/// The application's response, or a refusal.
#[pin_project]
pub(crate) struct ResponseFuture<S, F> {
    #[pin]
    state: State<S, F>,
    /// `None` if another stack has the request.
    running: Option<Running>,
}

#[pin_project(project = StateProjection)]
enum State<S, F> {
    App(#[pin] F),
    Queued(Option<Box<Waiting<S>>>),
    Refused(Option<Cause>),
}

/// What the application says, or why it is answered for.
type Answer<S, R> = Result<Result<R, <S as Service<Request<Body>>>::Error>, Cause>;

/// What goes on when it is a request's turn.
struct Waiting<S> {
    queued: Box<Queued>,
    app: S,
    request: Request<Body>,
}

impl<S> ResponseFuture<S, S::Future>
where
    S: Service<Request<Body>>,
{
    /// Goes on from the queue once it is this request's turn, or a limit has passed.
    fn poll_queue(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let mut state = this.state;
        let (StateProjection::Queued(place), Some(running)) =
            (state.as_mut().project(), this.running)
        else {
            return Poll::Ready(());
        };
        let Some(waiting) = place else {
            return Poll::Ready(());
        };
        waiting.request.body_mut().read_ahead(cx);
        let entered = ready!(waiting.queued.poll_entry(running.call(), cx));
        if let Some(waiting) = place.take() {
            let Waiting {
                queued,
                mut app,
                request,
            } = *waiting;
            let timeouts = queued.leave();
            state.set(match entered {
                Ok(permit) => {
                    running.admitted(permit, Some(timeouts));
                    State::App(running.enter(|| app.call(request)))
                }
                Err(cause) => State::Refused(Some(cause)),
            });
        }
        Poll::Ready(())
    }
}

impl<S, B> ResponseFuture<S, S::Future>
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    fn poll_answer(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<S, Response<B>>> {
        let this = self.project();
        let app = match this.state.project() {
            StateProjection::App(app) => app,
            StateProjection::Refused(cause) => {
                return cause
                    .take()
                    .map_or(Poll::Pending, |cause| Poll::Ready(Err(cause)));
            }
            StateProjection::Queued(_) => return Poll::Pending,
        };
        let Some(running) = this.running else {
            return app.poll(cx).map(Ok);
        };
        // The application goes first: an answer that is there in time beats a limit that passed since.
        match running.enter(|| app.poll(cx)) {
            Poll::Ready(result) => Poll::Ready(Ok(result)),
            Poll::Pending => running.poll_expired(cx).map(Err),
        }
    }
}

impl<S, B> Future for ResponseFuture<S, S::Future>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<Reply<B>>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if matches!(self.state, State::Queued(_)) {
            ready!(self.as_mut().poll_queue(cx));
        }
        let answer = ready!(self.as_mut().poll_answer(cx));
        let Some(running) = self.project().running.take() else {
            let Ok(result) = answer else {
                return Poll::Pending;
            };
            return Poll::Ready(result.map(|response| response.map(Reply::passed_on)));
        };
        Poll::Ready(match answer {
            Ok(Ok(response)) => Ok(running.answered(response)),
            Ok(Err(error)) => {
                running.broken_off();
                Err(error)
            }
            Err(cause) => Ok(running.refused(cause)),
        })
    }
}

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::App(_) => "App",
            State::Queued(_) => "Queued",
            State::Refused(_) => "Refused",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
