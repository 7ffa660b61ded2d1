//! A route's conditions, compiled.

use crate::{
    config::{
        GatewayRouteMatch, GrpcRouteMatch, HeaderKey, HeaderMatch, HeaderMatcher, HttpRouteMatch,
        PathMatch, QueryParameter, RouteMatch,
    },
    route::{
        Conditions, HeaderCondition, HeaderSource, InvalidPattern, PathCondition, Pattern,
        QueryCondition, ValueCondition,
    },
};

pub(super) fn conditions(written: &RouteMatch) -> Result<Conditions, InvalidPattern> {
    match written {
        RouteMatch::Http(written) => http(written),
        RouteMatch::Grpc(written) => grpc(written),
        // Of connections nothing but the port can be asked.
        RouteMatch::Tcp(_) => Ok(Conditions::any()),
    }
}

/// Those of a gateway route, its host apart.
pub(super) fn gateway_conditions(
    written: &GatewayRouteMatch,
) -> Result<Conditions, InvalidPattern> {
    match written {
        GatewayRouteMatch::Http(written) => {
            let path = written.path.as_ref().map(path).transpose()?;
            Ok(Conditions::any()
                .with_path(path.unwrap_or_else(PathCondition::any))
                .with_method(written.method.clone())
                .with_headers(headers(&written.headers)?)
                .with_query(written.query_parameters.iter().map(query)))
        }
        GatewayRouteMatch::Grpc(written) => Ok(Conditions::any()
            .of_grpc()
            .with_path(call(written.service_name.as_deref(), None))
            .with_headers(headers(&written.metadata)?)),
    }
}

/// The prefix that a gateway route's paths begin with, if it asks for one.
pub(super) fn gateway_prefix(written: &GatewayRouteMatch) -> Option<&str> {
    match written {
        GatewayRouteMatch::Http(written) => match written.path.as_ref()? {
            PathMatch::Prefix(prefix) => Some(prefix.as_str()),
            _ => None,
        },
        GatewayRouteMatch::Grpc(_) => None,
    }
}

fn http(written: &HttpRouteMatch) -> Result<Conditions, InvalidPattern> {
    let path = written.path.as_ref().map(path).transpose()?;
    Ok(Conditions::any()
        .with_path(path.unwrap_or_else(PathCondition::any))
        .with_method(written.method.clone())
        .with_scheme(written.scheme.clone())
        .with_headers(headers(&written.headers)?)
        .with_query(written.query_parameters.iter().map(query)))
}

fn grpc(written: &GrpcRouteMatch) -> Result<Conditions, InvalidPattern> {
    let (service, method) = (&written.service_name, &written.method_name);
    Ok(Conditions::any()
        .of_grpc()
        .with_path(call(service.as_deref(), method.as_deref()))
        .with_headers(headers(&written.metadata)?))
}

/// A call's path is its service and its method.
fn call(service: Option<&str>, method: Option<&str>) -> PathCondition {
    match (service, method) {
        (None, _) => PathCondition::any(),
        (Some(service), None) => PathCondition::Prefix(format!("/{service}/").into()),
        (Some(service), Some(method)) => {
            PathCondition::Exact(format!("/{service}/{method}").into())
        }
    }
}

fn headers(written: &[HeaderMatch]) -> Result<Vec<HeaderCondition>, InvalidPattern> {
    written.iter().map(header).collect()
}

fn path(written: &PathMatch) -> Result<PathCondition, InvalidPattern> {
    Ok(match written {
        PathMatch::Prefix(prefix) => PathCondition::Prefix(prefix.as_str().into()),
        PathMatch::Exact(exact) => PathCondition::Exact(exact.as_str().into()),
        PathMatch::Regex(pattern) => PathCondition::Regex(Pattern::new(pattern)?),
    })
}

fn header(written: &HeaderMatch) -> Result<HeaderCondition, InvalidPattern> {
    let source = match &written.name {
        HeaderKey::Header(name) => HeaderSource::Header(name.clone()),
        HeaderKey::Method => HeaderSource::Method,
        HeaderKey::Scheme => HeaderSource::Scheme,
        HeaderKey::Path => HeaderSource::Path,
        HeaderKey::Authority => HeaderSource::Authority,
    };
    let condition = match &written.matcher {
        None => HeaderCondition::present(source),
        Some(matcher) => HeaderCondition::value(source, value(matcher)?),
    };
    Ok(condition.inverted(written.invert))
}

fn value(written: &HeaderMatcher) -> Result<ValueCondition, InvalidPattern> {
    Ok(match written {
        HeaderMatcher::Exact(exact) => ValueCondition::Exact(exact.as_str().into()),
        HeaderMatcher::Prefix(prefix) => ValueCondition::Prefix(prefix.as_str().into()),
        HeaderMatcher::Suffix(suffix) => ValueCondition::Suffix(suffix.as_str().into()),
        HeaderMatcher::Regex(pattern) => ValueCondition::Regex(Pattern::new(pattern)?),
        HeaderMatcher::Range { start, end } => ValueCondition::Range(*start..*end),
    })
}

fn query(written: &QueryParameter) -> QueryCondition {
    match &written.exact {
        None => QueryCondition::present(&written.name),
        Some(exact) => QueryCondition::exact(&written.name, exact),
    }
}
